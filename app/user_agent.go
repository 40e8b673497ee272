package app

import (
	"strings"
)

// maxUserAgent is how much is kept of what a browser says that it is, in characters.
const maxUserAgent = 255

// cleanUserAgent makes what a browser says fit to be stored and shown.
func cleanUserAgent(s string) string {
	return strings.TrimSpace(shorten(strings.Map(dropControl, strings.ToValidUTF8(s, "?")), maxUserAgent))
}

// dropControl drops what would restructure the text around it.
func dropControl(r rune) rune {
	if hasControl(string(r)) {
		return -1
	}
	return r
}

// userAgentMark is a piece of a User-Agent and what it tells.
type userAgentMark struct{ substring, name string }

// browserMarks tell browsers apart. Most of them also claim to be the ones further down, so the first that
// fits is taken.
func browserMarks() []userAgentMark {
	return []userAgentMark{
		{"Edg/", "Edge"},
		{"EdgA/", "Edge"},
		{"EdgiOS/", "Edge"},
		{"OPR/", "Opera"},
		{"SamsungBrowser/", "Samsung Internet"},
		{"Firefox/", "Firefox"},
		{"FxiOS/", "Firefox"},
		{"Chrome/", "Chrome"},
		{"CriOS/", "Chrome"},
		{"Safari/", "Safari"},
	}
}

func systemMarks() []userAgentMark {
	return []userAgentMark{
		{"Android", "Android"},
		{"iPhone", "iOS"},
		{"iPad", "iPadOS"},
		{"Windows", "Windows"},
		{"Mac OS X", "macOS"},
		{"CrOS", "ChromeOS"},
		{"Linux", "Linux"},
	}
}

func firstMatch(marks []userAgentMark, agent string) string {
	for _, m := range marks {
		if strings.Contains(agent, m.substring) {
			return m.name
		}
	}
	return ""
}
