package browser_test

import "sync"

// clipboard is held by whoever copies until it has looked: all tabs of the browser share one.
var clipboard sync.Mutex
