package mail

import "time"

// Impatient has a step, and a whole try, last that long at most.
func (s *SMTP) Impatient(step, whole time.Duration) { s.step, s.whole = step, whole }
