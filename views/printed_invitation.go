package views

import (
	"context"
	"io"
	"strings"
	"time"

	"github.com/a-h/templ"

	"reglink/app"
	"reglink/views/messages"
)

// PrintedInvitationView is the printable invitation.
type PrintedInvitationView struct {
	Account  app.Account
	Until    *time.Time // from when on the link no longer works; nil: no end
	Address  string
	Code     QRCode
	Language string // of what is printed
}

// addressChunks cuts an address into pieces that an eye can hold: what stands before the token, and the token by sixes.
func addressChunks(address string) []string {
	at := strings.LastIndexByte(address, '/') + 1
	all := []string{address[:at]}
	for rest := address[at:]; rest != ""; {
		n := min(6, len(rest))
		all = append(all, rest[:n])
		rest = rest[n:]
	}
	return all
}

// inLanguage renders a component in another language than the page's.
func inLanguage(tag string, part templ.Component) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		return part.Render(messages.With(ctx, messages.From(ctx).In(tag)), w)
	})
}
