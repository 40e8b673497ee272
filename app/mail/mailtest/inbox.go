package mailtest

import (
	"slices"
	"strings"
	"time"
)

// waitTimeout is how long a test waits for a mail before it fails.
const waitTimeout = 30 * time.Second

func (s *Server) receive(l rawMail) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.received = append(s.received, l)
	close(s.arrived)
	s.arrived = make(chan struct{})
}

// receivedSoFar gives what was received so far, and a channel that is closed when there is more.
func (s *Server) receivedSoFar() ([]rawMail, <-chan struct{}) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return slices.Clone(s.received), s.arrived
}

// Mails gives the mails received so far, in their order. Like all that read mails, it fails the test where
// one is malformed.
func (s *Server) Mails() []Mail {
	s.t.Helper()
	received, _ := s.receivedSoFar()
	mails := make([]Mail, len(received))
	for i, l := range received {
		mails[i] = s.parse(l)
	}
	return mails
}

// WaitFor waits until n mails are there and gives them, or fails the test.
func (s *Server) WaitFor(n int) []Mail {
	s.t.Helper()
	mails := s.waitUntil(func(mails []Mail) bool { return len(mails) >= n })
	if mails == nil {
		s.t.Fatalf("%d mails arrived within %s, want %d", len(s.Mails()), waitTimeout, n)
	}
	return mails
}

// WaitForMail waits for a mail to an address whose text contains the words, and gives the newest such, or
// fails the test.
func (s *Server) WaitForMail(to, words string) Mail {
	s.t.Helper()
	fits := func(m Mail) bool { return slices.Contains(m.To, to) && strings.Contains(m.Text, words) }
	mails := s.waitUntil(func(mails []Mail) bool { return slices.ContainsFunc(mails, fits) })
	for _, m := range slices.Backward(mails) {
		if fits(m) {
			return m
		}
	}
	s.t.Fatalf("no mail to %s with %q arrived within %s, only %d others", to, words, waitTimeout, len(s.Mails()))
	return Mail{}
}

// waitUntil gives the mails as soon as they are enough, or nil.
func (s *Server) waitUntil(enough func([]Mail) bool) []Mail {
	s.t.Helper()
	deadline := time.After(waitTimeout)
	for {
		_, arrived := s.receivedSoFar()
		if mails := s.Mails(); enough(mails) {
			return mails
		}
		select {
		case <-arrived:
		case <-deadline:
			return nil
		}
	}
}
