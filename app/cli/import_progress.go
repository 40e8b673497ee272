package cli

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// bar shows on a terminal how much of a file has been read. Anywhere else it prints only the lines of say.
type bar struct {
	out   io.Writer
	drawn *progressbar.ProgressBar // nil: no terminal, or no file of known size
}

const redrawEvery = 100 * time.Millisecond

func (p Program) newBar(from io.Reader) bar {
	terminal, ok := p.Stderr.(*os.File)
	if !ok || !term.IsTerminal(int(terminal.Fd())) {
		return bar{out: p.Stderr}
	}
	file, ok := from.(*os.File)
	if !ok {
		return bar{out: p.Stderr}
	}
	info, err := file.Stat()
	if err != nil || !info.Mode().IsRegular() { // the bar is a courtesy
		return bar{out: p.Stderr}
	}
	return bar{out: terminal, drawn: progressbar.NewOptions64(info.Size(),
		progressbar.OptionSetWriter(terminal), progressbar.OptionSetDescription("Importing"),
		progressbar.OptionSetPredictTime(true), progressbar.OptionThrottle(redrawEvery), progressbar.OptionClearOnFinish(),
	)}
}

// at shows that the file has been read up to that byte.
func (b bar) at(offset int64) {
	if b.drawn != nil {
		_ = b.drawn.Set64(offset) // it cannot fail the import
	}
}

// say prints a line above the bar.
func (b bar) say(format string, args ...any) {
	if b.drawn != nil {
		_ = b.drawn.Clear()
	}
	fmt.Fprintf(b.out, format+"\n", args...)
}

// end removes the bar from the terminal.
func (b bar) end() {
	if b.drawn != nil {
		_ = b.drawn.Clear()
	}
}
