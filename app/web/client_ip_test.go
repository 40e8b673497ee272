package web_test

import (
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"reglink/app/web"
)

// trustedProxies are the proxies that these tests trust.
func trustedProxies() []netip.Prefix {
	return []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}
}

func TestClientIP_TrustsOnlyConfiguredProxies(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		peer      string
		forwarded []string // lines of the header
		want      string
	}{
		"no proxy":                        {"203.0.113.9", nil, "203.0.113.9"},
		"no proxy, a client that lies":    {"203.0.113.9", []string{"198.51.100.1"}, "203.0.113.9"},
		"a proxy":                         {"10.0.0.1", []string{"203.0.113.9"}, "203.0.113.9"},
		"a proxy, a client that lies":     {"10.0.0.1", []string{"198.51.100.1, 203.0.113.9"}, "203.0.113.9"},
		"a lie in a line of its own":      {"10.0.0.1", []string{"198.51.100.1", "203.0.113.9"}, "203.0.113.9"},
		"an empty last line":              {"10.0.0.1", []string{"203.0.113.9", ""}, "10.0.0.1"},
		"two proxies":                     {"10.0.0.1", []string{"203.0.113.9, 10.2.2.2"}, "203.0.113.9"},
		"two proxies, two lines":          {"10.0.0.1", []string{"203.0.113.9", "10.2.2.2"}, "203.0.113.9"},
		"a proxy that says nothing":       {"10.0.0.1", nil, "10.0.0.1"},
		"a proxy that says nonsense":      {"10.0.0.1", []string{"203.0.113.9, unknown"}, "10.0.0.1"},
		"a port":                          {"10.0.0.1", []string{"203.0.113.9:1234"}, "10.0.0.1"},
		"only proxies":                    {"10.0.0.1", []string{"10.3.3.3, 10.2.2.2"}, "10.3.3.3"},
		"IPv6":                            {"fd00::1", []string{"2001:db8::7"}, "2001:db8::7"},
		"IPv6 in long":                    {"fd00::1", []string{"2001:0DB8:0000::0007"}, "2001:db8::7"},
		"IPv4 in IPv6, as a peer":         {"::ffff:10.0.0.1", []string{"203.0.113.9"}, "203.0.113.9"},
		"IPv4 in IPv6, as a client":       {"10.0.0.1", []string{"::ffff:203.0.113.9"}, "203.0.113.9"},
		"IPv4 in IPv6, as a second proxy": {"10.0.0.1", []string{"203.0.113.9, ::ffff:10.2.2.2"}, "203.0.113.9"},
		"a zone":                          {"10.0.0.1", []string{"fe80::1%eth0"}, "fe80::1"},
		"spaces":                          {"10.0.0.1", []string{"  198.51.100.1 ,\t203.0.113.9  "}, "203.0.113.9"},
	} {
		got, _ := web.ClientIP(netip.MustParseAddr(test.peer), test.forwarded, trustedProxies()...)
		if got != test.want {
			t.Errorf("%s: %s with %q is %s, want %s", name, test.peer, test.forwarded, got, test.want)
		}
	}
}

// A household has one IPv4 address or one /64: it is one client to the limits, its neighbour another.
func TestAddressBlock_IPv6Slash64IsOneClient(t *testing.T) {
	t.Parallel()
	block := func(address string) string {
		_, block := web.ClientIP(netip.MustParseAddr(address), nil)
		return block
	}
	if block("2001:db8:0:1::1") != block("2001:db8:0:1:ffff::2") {
		t.Error("one household is two clients")
	}
	for a, b := range map[string]string{"2001:db8:0:1::1": "2001:db8:0:2::1", "203.0.113.9": "203.0.113.10"} {
		if block(a) == block(b) {
			t.Errorf("%s and %s are one client", a, b)
		}
	}
	if block("::ffff:203.0.113.9") != block("203.0.113.9") {
		t.Error("one address in two spellings is two clients")
	}
}

// Whatever a client writes into the header stands left of what proxies add, and changes nothing (T-49).
func FuzzForwardedFor(f *testing.F) {
	for _, seed := range []string{
		"", "198.51.100.1", "10.0.0.1", ", , ,", "unknown", "::1", "203.0.113.9,", "\x00",
		"10.0.0.1,10.0.0.1", strings.Repeat("1,", 500),
	} {
		f.Add(seed)
	}
	proxy, stranger := netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("192.0.2.1")
	f.Fuzz(func(t *testing.T, lie string) {
		if strings.ContainsAny(lie, "\r\n") {
			t.Skip("no header can hold it")
		}
		const client = "203.0.113.9"
		for _, lines := range [][]string{
			{lie + ", " + client},
			{lie, client},
			{lie + "," + client + ", 10.1.1.1"},
			{lie, client, "10.1.1.1"},
		} {
			if got, _ := web.ClientIP(proxy, lines, trustedProxies()...); got != client {
				t.Errorf("%q makes the client %q", lines, got)
			}
		}
		if got, block := web.ClientIP(stranger, []string{lie}, trustedProxies()...); got != stranger.String() ||
			block != got {
			t.Errorf("%q makes a client without a proxy %q, counted as %q", lie, got, block)
		}
		got, _ := web.ClientIP(proxy, []string{lie}, trustedProxies()...)
		if _, err := netip.ParseAddr(got); err != nil {
			t.Errorf("%q gives the address %q", lie, got)
		}
	})
}

// A client that names addresses of its own choice is written down under its real one, with a proxy in front
// and without: in the list of sessions, and in what happened (T-49).
func TestT49_SessionsAndActivityHaveTheRealAddress(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		for name, test := range map[string]struct {
			trusted   []netip.Prefix
			forwarded string
			want      string
		}{
			"no proxy":               {nil, "198.51.100.1", "0.0.0.0"},
			"a stranger's proxy":     {trustedProxies(), "198.51.100.1, 10.0.0.1", "0.0.0.0"},
			"our proxy":              {[]netip.Prefix{testPeer}, "203.0.113.9", "203.0.113.9"},
			"our proxy and a lie":    {[]netip.Prefix{testPeer}, "198.51.100.1, 203.0.113.9", "203.0.113.9"},
			"our proxies and a lie":  {append(trustedProxies(), testPeer), "198.51.100.1, 203.0.113.9, 10.1.1.1", "203.0.113.9"},
			"our proxy and nonsense": {[]netip.Prefix{testPeer}, "198.51.100.1, <script>", "0.0.0.0"},
			"our proxy and a long lie": {
				[]netip.Prefix{testPeer}, strings.Repeat("198.51.100.1, ", 200) + "203.0.113.9", "203.0.113.9",
			},
			"our proxy, which is alone": {[]netip.Prefix{testPeer}, "", "0.0.0.0"},
		} {
			p.restartWith(func(c *portalConfig) { c.TrustedProxies = test.trusted })
			p.exec("DELETE FROM sessions")
			p.exec("DELETE FROM activities")
			b := browser{p: p}.fromIP(test.forwarded).withHeader("X-Real-Ip", "198.51.100.2").
				withHeader("Forwarded", "for=198.51.100.3").withHeader("True-Client-Ip", "198.51.100.4")
			in := b.post("/sign-in", credentials("sue@acme.example", password))
			p.wantStatus(in, http.StatusSeeOther)
			b.cookie = in.cookie("session")
			p.wantStatus(b.post("/account/link/generate", nil), http.StatusSeeOther)
			p.wantStatus(b.post("/account/link/disable", nil), http.StatusSeeOther)
			for _, query := range []string{"SELECT address FROM sessions", "SELECT DISTINCT address FROM activities"} {
				if got := p.queryOne(query); got != test.want {
					p.t.Errorf("%s: %s gives %q, want %s", name, query, got, test.want)
				}
			}
		}
	})
}
