package views

import (
	"context"
	"net/url"
	"strings"

	"reglink/app"
	"reglink/views/messages"
)

// LinkPanelView is what the panel of the registration link shows.
type LinkPanelView struct {
	Account    app.Account
	Link       *app.Link // nil: the account has none
	Address    string    // the whole address; empty where the sealed copy cannot be read
	Registered []app.Membership
	Focus      bool // the panel was swapped in: its heading takes the focus, so that what changed is read out
}

// mailtoLimit is what mail programs are known to open whole, in bytes after encoding (references/stack, section 4).
const mailtoLimit = 1500

// mailto gives the address that opens a mail with subject and body filled in (RFC 6068: spaces as %20, lines as CRLF). Where a
// long account name would make it longer than mail programs open, the body is the address alone.
func (v LinkPanelView) mailto(ctx context.Context) string {
	p := messages.From(ctx)
	subject := p.T("invitation_subject", "Account", v.Account.Name)
	body := p.T("invitation_body", "Account", v.Account.Name, "Address", v.Address)
	full := "mailto:?subject=" + mailtoText(subject) + "&body=" + mailtoText(body)
	if len(full) > mailtoLimit {
		return "mailto:?body=" + mailtoText(v.Address)
	}
	return full
}

func mailtoText(s string) string {
	crlf := strings.ReplaceAll(s, "\n", "\r\n")
	return strings.ReplaceAll(url.QueryEscape(crlf), "+", "%20")
}
