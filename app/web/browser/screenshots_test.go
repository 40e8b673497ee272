package browser_test

import (
	"bytes"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
)

// TestPictures takes README's pictures: of the link panel and of the form, with the demo's people in them. The environment
// variable SCREENSHOTS says into which folder (task screenshots); otherwise they are only looked at.
func TestPictures(t *testing.T) {
	t.Parallel()
	folder := os.Getenv("SCREENSHOTS")
	if folder == "" {
		folder = t.TempDir()
	}
	d := newTour(t)
	b := d.superUser()
	b.opens("/account", 200)
	b.script(`{ // as it reads elsewhere than on this machine
		const field = document.querySelector("#registration-link-url");
		field.value = field.value.replace(/^.*(?=\/register\/)/, "https://portal.example");
	}`)
	b.picture(filepath.Join(folder, "panel.png"))
	d.checked(b)
	b.press("[value=security_advisories]")
	b.write("#last_name", "Okaf")
	b.picture(filepath.Join(folder, "form.png"))
}

// picture writes a picture of the whole page into a file.
func (b *tab) picture(path string) {
	b.t.Helper()
	b.do(media("", "prefers-color-scheme", "light", "prefers-reduced-motion", "reduce"))
	b.resize(1280, 100) // a page is at least as high as its window
	b.resize(1280, eval[int64](b, "document.documentElement.scrollHeight"))
	b.script(`scrollTo(0, 0); document.activeElement.style.caretColor = "transparent"`) // it blinks
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
