package web_test

import (
	"testing"

	"reglink/app/cli/trial"
)

// TestMain prints what tests on a cluster have reported.
func TestMain(m *testing.M) { trial.Main(m) }
