package mailtest

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/mail"
	"strings"
)

// rawMail is a mail as it came.
type rawMail struct {
	from    string
	to      []string
	user    string
	secured bool
	data    []byte
}

// Mail is a mail that the server took.
type Mail struct {
	From    string      // of the envelope, as To
	To      []string    // who is to get it
	User    string      // who was logged in; empty: nobody
	Secured bool        // it came through TLS
	Header  mail.Header // as it came, encoded words and all
	Subject string      // decoded
	Text    string      // the text/plain part, decoded
	HTML    string      // the text/html part, decoded
}

// Link gives the first address in the text that contains part, or nothing.
func (m Mail) Link(part string) string {
	for word := range strings.FieldsSeq(m.Text) {
		if strings.HasPrefix(word, "http") && strings.Contains(word, part) {
			return word
		}
	}
	return ""
}

func (s *Server) parse(l rawMail) Mail {
	s.t.Helper()
	m, err := l.parse()
	if err != nil {
		s.t.Fatalf("a malformed mail arrived: %v\n%s", err, l.data)
	}
	return m
}

func (l rawMail) parse() (Mail, error) {
	m := Mail{From: l.from, To: l.to, User: l.user, Secured: l.secured}
	message, err := mail.ReadMessage(bytes.NewReader(l.data))
	if err != nil {
		return m, err
	}
	m.Header = message.Header
	if m.Subject, err = (&mime.WordDecoder{}).DecodeHeader(message.Header.Get("Subject")); err != nil {
		return m, err
	}
	kind, params, err := mime.ParseMediaType(message.Header.Get("Content-Type"))
	if err != nil {
		return m, err
	}
	if kind != "multipart/alternative" {
		return m, errors.New("not multipart/alternative but " + kind)
	}
	return m, m.readParts(multipart.NewReader(message.Body, params["boundary"]))
}

func (m *Mail) readParts(parts *multipart.Reader) error {
	for {
		part, err := parts.NextPart() // decodes quoted-printable
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := m.readPart(part); err != nil {
			return err
		}
	}
}

func (m *Mail) readPart(part *multipart.Part) error {
	body, err := io.ReadAll(part)
	if err != nil {
		return err
	}
	words := strings.ReplaceAll(string(body), "\r\n", "\n")
	switch kind := part.Header.Get("Content-Type"); kind {
	case "text/plain; charset=UTF-8":
		m.Text = words
	case "text/html; charset=UTF-8":
		m.HTML = words
	default:
		return errors.New("a part of the type " + kind)
	}
	return nil
}
