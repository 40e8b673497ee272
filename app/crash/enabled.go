//go:build crashpoints

package crash

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
)

// Possible tells whether the program was built to end at points.
const Possible = true

// file is the setting that names the file in which a trial asks: a point, and at which meeting with it, as in
// "mid migration=7".
const file = "REGLINK_CRASH_FILE"

var met = sync.OnceValue(func() *atomic.Int64 { return &atomic.Int64{} })

// At ends the program where a trial has asked for that point: at once, as a power cut would. The file goes
// first, so that the next start lives.
func At(point Point) {
	name := os.Getenv(file)
	asked, err := os.ReadFile(name) //nolint:gosec // the trial's own
	if err != nil {
		return
	}
	which, meeting, _ := strings.Cut(string(asked), "=")
	if which != string(point) || fmt.Sprint(met().Add(1)) != meeting {
		return
	}
	_ = os.Remove(name) //nolint:gosec // the trial's own
	_ = syscall.Kill(syscall.Getpid(), syscall.SIGKILL)
	select {}
}
