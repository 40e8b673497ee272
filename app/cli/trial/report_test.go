package trial

import (
	"testing"
	"time"
)

func TestTable_MergesPackages(t *testing.T) {
	t.Parallel()
	web := []Row{
		{Run: "T-07: old links", Times: 500},
		{Run: "G-8: at once", Times: 7562, Verdict: Verdict{Acknowledged: 543, Lost: 1}},
	}
	own := []Row{{
		Run: "G-1: kill -9", Times: 3, Seed: "ABC",
		Verdict: Verdict{Acknowledged: 215, Mails: 645, WorstStall: 5100 * time.Millisecond},
	}}
	const want = `| what was done   | times | acknowledged | lost | twice | worst stall |
|-----------------|-------|--------------|------|-------|-------------|
| T-07: old links | 500   |              | 0    |       |             |
| G-8: at once    | 7562  | 543          | 1    |       |             |
| G-1: kill -9    | 3     | 215          | 0    | 0     | 5.1s        |
`
	if got := addToTable(addToTable("", web), own); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}
