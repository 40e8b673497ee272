package views

import (
	"fmt"
	"strings"
)

// helpStepIDs gives the ids of a help part's numbered steps: help_share_1 and so on.
func helpStepIDs(text string, steps int) []string {
	ids := make([]string, steps)
	for i := range ids {
		ids[i] = fmt.Sprintf("%s_%d", strings.TrimSuffix(text, "_text"), i+1)
	}
	return ids
}
