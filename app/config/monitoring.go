package config

import (
	"strconv"
	"strings"
	"time"
)

// minTokenLength is 96 bits in base64: nobody guesses that.
const minTokenLength = 16

func (s *Settings) readMetricsToken(from secret) error {
	if err := from.into(&s.MetricsToken); err != nil || s.MetricsToken == "" {
		return err
	}
	if len(s.MetricsToken) < minTokenLength {
		return refuse(from.setting(), "gives fewer than %d characters; make one with: openssl rand -base64 24",
			minTokenLength)
	}
	if strings.ContainsFunc(s.MetricsToken, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return refuse(from.setting(), "gives a token with spaces or other than ASCII characters, which no header carries")
	}
	return nil
}

func (s *Settings) parseLogFormat(word string) error {
	if word != "text" && word != "json" {
		return refuse(LogFormat, "is neither text nor json")
	}
	s.LogJSON = word == "json"
	return nil
}

// maxStopDelay is longer than anybody asks a server whether it is ready.
const maxStopDelay = 300

func (s *Settings) parseStopDelay(seconds string) error {
	n, err := strconv.ParseUint(seconds, 10, 16)
	if err != nil || n > maxStopDelay {
		return refuse(StopDelay, "is not a number of seconds from 0 to %d", maxStopDelay)
	}
	s.StopDelay = time.Duration(n) * time.Second
	return nil
}
