package views

import (
	"context"

	"reglink/app"
)

// SessionsView is the list of one's sessions.
type SessionsView struct {
	Sessions []app.Session
	Actor    app.Actor
	Focus    bool // the list was swapped in: its heading takes the focus
}

// maxUserAgentShown is how much is shown of a User-Agent that names none of the usual browsers, in characters.
const maxUserAgentShown = 60

// browserName names the browser of a session as far as it can be told.
func browserName(ctx context.Context, s app.Session) string {
	name, system := s.Browser()
	agent := []rune(s.UserAgent)
	switch {
	case name != "" && system != "":
		return t(ctx, "session_browser", "Browser", name, "System", system)
	case name != "":
		return name
	case len(agent) > maxUserAgentShown:
		return string(agent[:maxUserAgentShown-1]) + "…"
	case len(agent) > 0:
		return s.UserAgent
	}
	return t(ctx, "session_unknown_browser")
}
