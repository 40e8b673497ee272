// Package browser_test uses the portal as people do: the whole program runs in this process, and Chromium
// stands in front of it.
package browser_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// insecureHost is a name that leads to this machine and that Chromium takes for another one: over http it is
// no secure context.
const insecureHost = "portal.test"

// sharedChromium gives the browser that all tests of the package share. The first test that asks starts it.
var sharedChromium func() (context.Context, error)

func TestMain(m *testing.M) {
	path, missing := chromiumPath()
	allocator, quit := chromedp.NewExecAllocator(context.Background(), chromiumOptions(path)...)
	sharedChromium = sync.OnceValues(func() (context.Context, error) {
		if missing != nil {
			return nil, missing
		}
		ctx, _ := chromedp.NewContext(allocator) // ends with its parent
		return ctx, chromedp.Do(ctx)
	})
	code := m.Run()
	quit()
	os.Exit(code)
}

func chromiumPath() (string, error) {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errors.New("the browser tests need Chromium: install it (package chromium) or Google Chrome")
}

func chromiumOptions(path string) []chromedp.ExecAllocatorOption {
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path),
		chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("host-resolver-rules", "MAP "+insecureHost+" 127.0.0.1"),
		chromedp.Flag("hide-scrollbars", true), // they have a width in some systems only
	)
	if os.Getuid() == 0 {
		options = append(options, chromedp.NoSandbox) // Chromium does not start as root otherwise
	}
	return options
}

// cdpCommand is a step that sends one command of the protocol.
func cdpCommand[P, R any](c cdp.Command[P, R], params P) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, c, params)
		return err
	})
}

// emulateMedia emulates what people set in their system, as in ("prefers-color-scheme", "dark"), in pairs.
func emulateMedia(kind string, pairs ...string) chromedp.Action[chromedp.Void] {
	params := emulation.SetEmulatedMediaParams{Media: kind}
	for i := 0; i < len(pairs); i += 2 {
		params.Features = append(params.Features, &emulation.MediaFeature{Name: pairs[i], Value: pairs[i+1]})
	}
	return cdpCommand(emulation.SetEmulatedMedia, params)
}
