package browser_test

import (
	"bytes"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
)

// TestScreenshots_ShowPanelAndForm takes README's pictures: of the link panel and of the form, with the
// demo's people in them. The environment variable SCREENSHOTS says into which folder (task screenshots);
// otherwise they are only looked at.
func TestScreenshots_ShowPanelAndForm(t *testing.T) {
	t.Parallel()
	folder := os.Getenv("SCREENSHOTS")
	if folder == "" {
		folder = t.TempDir()
	}
	d := newDemoPortal(t)
	b := d.superUserTab()
	b.openPage("/account", 200)
	b.runScript(`{ // as it reads elsewhere than on this machine
		const field = document.querySelector("#registration-link-url");
		field.value = field.value.replace(/^.*(?=\/register\/)/, "https://portal.example");
	}`)
	b.saveScreenshot(filepath.Join(folder, "panel.png"))
	d.fillInLiveChecked(b)
	b.click("[value=security_advisories]")
	b.typeInto("#last_name", "Okaf")
	b.saveScreenshot(filepath.Join(folder, "form.png"))
}

// saveScreenshot writes a picture of the whole page into a file.
func (b *tab) saveScreenshot(path string) {
	b.t.Helper()
	b.do(emulateMedia("", "prefers-color-scheme", "light", "prefers-reduced-motion", "reduce"))
	b.resize(1280, 100) // a page is at least as high as its window
	b.resize(1280, eval[int64](b, "document.documentElement.scrollHeight"))
	b.runScript(`scrollTo(0, 0); document.activeElement.style.caretColor = "transparent"`) // it blinks
	taken := run(b, chromedp.CaptureScreenshot())
	image, err := png.Decode(bytes.NewReader(taken))
	if err != nil {
		b.t.Fatal(err)
	}
	if size := image.Bounds().Size(); size.X != 1280 || size.Y < 500 || len(taken) < 30_000 {
		b.t.Errorf("%s: got %v in %d bytes, want a picture of a page", path, size, len(taken))
	}
	if err := os.WriteFile(path, taken, 0o644); err != nil {
		b.t.Fatal(err)
	}
}
