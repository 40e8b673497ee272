package app

import (
	"strings"
)

// maxAgent is how much is kept of what a browser says that it is, in characters.
const maxAgent = 255

// agentText makes what a browser says fit to be stored and shown.
func agentText(s string) string {
	return strings.TrimSpace(shorten(strings.Map(plain, strings.ToValidUTF8(s, "?")), maxAgent))
}

// plain drops what would restructure the text around it.
func plain(r rune) rune {
	if hasControl(string(r)) {
		return -1
	}
	return r
}

// mark is a piece of a User-Agent and what it tells.
type mark struct{ piece, means string }

// browserMarks tell browsers apart. Most of them also claim to be the ones further down, so the first that fits is taken.
func browserMarks() []mark {
	return []mark{
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

func systemMarks() []mark {
	return []mark{
		{"Android", "Android"},
		{"iPhone", "iOS"},
		{"iPad", "iPadOS"},
		{"Windows", "Windows"},
		{"Mac OS X", "macOS"},
		{"CrOS", "ChromeOS"},
		{"Linux", "Linux"},
	}
}

func meaning(marks []mark, agent string) string {
	for _, m := range marks {
		if strings.Contains(agent, m.piece) {
			return m.means
		}
	}
	return ""
}
