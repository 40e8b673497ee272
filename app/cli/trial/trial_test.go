package trial_test

import (
	"testing"

	"reglink/app/cli/trial"
)

func TestMain(m *testing.M) { trial.Main(m) }
