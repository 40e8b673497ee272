package config

import (
	"strconv"
	"strings"
	"time"
)

// shortestToken is 96 bits in base64: nobody guesses that.
const shortestToken = 16

func (s *Settings) readMetricsToken(from secret) error {
	if err := from.into(&s.MetricsToken); err != nil || s.MetricsToken == "" {
		return err
	}
	if len(s.MetricsToken) < shortestToken {
		return refuse(from.setting(), "gives fewer than %d characters; make one with: openssl rand -base64 24", shortestToken)
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

// longestDelay is longer than anybody asks a server whether it is ready.
const longestDelay = 300

func (s *Settings) parseStopDelay(seconds string) error {
	n, err := strconv.ParseUint(seconds, 10, 16)
	if err != nil || n > longestDelay {
		return refuse(StopDelay, "is not a number of seconds from 0 to %d", longestDelay)
	}
	s.StopDelay = time.Duration(n) * time.Second
	return nil
}
