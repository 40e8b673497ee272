package mail

import (
	"strings"
	"testing"
)

type urlCase struct {
	url, base string
	want      serverConfig
	from      string
}

// urlCases are addresses of servers, and what is read from them.
func urlCases() []urlCase {
	const sender = "<no-reply@support.example.com>"
	return []urlCase{
		{"smtp://mail.example.org", base, serverConfig{host: "mail.example.org", port: 587}, sender},
		{"smtp://mail.example.org:25/", base, serverConfig{host: "mail.example.org", port: 25}, sender},
		{"smtps://mail.example.org", base, serverConfig{host: "mail.example.org", port: 465, implicitTLS: true}, sender},
		{
			"smtp://u%40x:p%2Fw@mail.example.org", base,
			serverConfig{host: "mail.example.org", port: 587, user: "u@x", password: "p/w", requireTLS: true},
			sender,
		},
		{"smtp://u:p@localhost:2525", base, serverConfig{host: "localhost", port: 2525, user: "u", password: "p"}, sender},
		{
			"smtp://u:p@[::1]:2525?tls=required", base,
			serverConfig{host: "::1", port: 2525, user: "u", password: "p", requireTLS: true},
			sender,
		},
		{
			"smtp://mail.example.org?from=help@example.org&tls=required", base,
			serverConfig{host: "mail.example.org", port: 587, requireTLS: true},
			"<help@example.org>",
		},
		{
			"smtp://mail.example.org", "http://127.0.0.1:3000",
			serverConfig{host: "mail.example.org", port: 587, portalHost: "[127.0.0.1]"},
			"<no-reply@[127.0.0.1]>",
		},
		{
			"smtp://mail.example.org", "http://[::1]:3000",
			serverConfig{host: "mail.example.org", port: 587, portalHost: "[IPv6:::1]"},
			"<no-reply@[IPv6:::1]>",
		},
		{
			"smtp://mail.example.org", "https://bücher.example",
			serverConfig{host: "mail.example.org", port: 587, portalHost: "xn--bcher-kva.example"},
			"<no-reply@xn--bcher-kva.example>",
		},
	}
}

func TestNewSMTP_ReadsServerAndSender(t *testing.T) {
	t.Parallel()
	for _, c := range urlCases() {
		s, err := NewSMTP(c.url, c.base)
		if err != nil {
			t.Errorf("%s: %v", c.url, err)
			continue
		}
		got, from := s.server, s.server.from.String()
		if got.from = nil; c.want.portalHost == "" {
			c.want.portalHost = "support.example.com"
		}
		if got != c.want || from != c.from {
			t.Errorf("%s: %+v from %s, want %+v from %s", c.url, got, from, c.want, c.from)
		}
	}
}

func TestNewSMTP_RefusesInvalidURLsWithoutThePassword(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]string{
		"":                                                           "must look like",
		"mail.example.org:587":                                       "must look like",
		"http://u:s3cret@mail.example.org":                           "must look like",
		"smtp://u:s3cret@":                                           "must look like",
		"smtp://u:s3cret@mail.example.org/path":                      "must look like",
		"smtp://u:s3cret@mail.example.org#x":                         "must look like",
		"smtp://u:s3%cret@mail.example.org":                          "must look like",
		"smtp://u:s3cret@mail.example.org:x":                         "must look like",
		"smtp://u:s3cret@mail.example.org:0":                         "port",
		"smtp://u:s3cret@mail.example.org:65536":                     "port",
		"smtp://s3cret@mail.example.org":                             "a user and a password",
		"smtp://:s3cret@mail.example.org":                            "a user and a password",
		"smtp://u:s3cret@mail.example.org?tls=no":                    `"tls" is not understood`,
		"smtp://u:s3cret@mail.example.org?tls=required&tls=required": `"tls" is not understood`,
		"smtp://u:s3cret@mail.example.org?starttls=1":                `"starttls" is not understood`,
		"smtp://u:s3cret@mail.example.org?from=nobody":               "from must be",
		"smtp://u:s3cret@mail.example.org?from=a@b,c@d":              "from must be",
		"smtp://u:s3cret@mail.example.org?from=%zz":                  "must look like",
		"smtp://u:s3cret@mail.example.org?from=a%40b%0a":             "from must be",
	} {
		_, err := NewSMTP(url, base)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "SMTP_URL") {
			t.Errorf("%s: %v, want SMTP_URL and %q", url, err, want)
			continue
		}
		if strings.Contains(err.Error(), "s3") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: says the password, or more than a sentence: %v", url, err)
		}
	}
	for _, wrong := range []string{"", "support.example.com", "https://-.example"} {
		if _, err := NewSMTP("smtp://mail.example.org", wrong); err == nil || !strings.Contains(err.Error(), "BASE_URL") {
			t.Errorf("base %q: %v", wrong, err)
		}
	}
}
