package app

import (
	"cmp"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/net/idna"
	"golang.org/x/net/publicsuffix"
)

// Limits of the email domains that a link admits.
const (
	MaxDomains      = 50
	maxDomainBytes  = 253  // of one domain, RFC 1035, 2.3.4
	maxDomainsBytes = 4000 // of all of them as they are stored
	maxDomainsTyped = 8000 // characters, separators and repetitions included
)

// wildcardPrefix begins an entry that admits a domain and all its subdomains.
const wildcardPrefix = "*."

// ParseDomains gives the canonical list of email domains: A-labels in lower case, each once, in order, joined
// by spaces. An entry is a domain, which admits addresses at exactly that, or begins with "*." and admits its
// subdomains too. Entries stand one a line or are separated by commas, semicolons or spaces. Every entry that
// is none gets a message that names it.
func ParseDomains(typed string) (string, []Message) {
	if m := lineProblem(strings.Map(separatorToSpace, typed), maxDomainsTyped); !m.None() {
		return "", []Message{m}
	}
	var domains []string
	var bad []Message
	for _, entry := range strings.Fields(strings.Map(separatorToSpace, typed)) {
		domain, m := parseDomain(entry)
		if !m.None() {
			bad = append(bad, m)
			continue
		}
		domains = append(domains, domain)
	}
	slices.SortFunc(domains, compareDomains)
	domains = slices.Compact(domains)
	list := strings.Join(domains, " ")
	switch {
	case len(bad) > 0:
		return "", bad
	case len(domains) > MaxDomains:
		return "", []Message{Say("domains_too_many", "Max", MaxDomains)}
	case len(list) > maxDomainsBytes:
		return "", []Message{Say("domains_too_long")}
	}
	return list, nil
}

// compareDomains puts a domain before itself with its subdomains.
func compareDomains(a, b string) int {
	return cmp.Or(strings.Compare(strings.TrimPrefix(a, wildcardPrefix), strings.TrimPrefix(b, wildcardPrefix)),
		-strings.Compare(a, b))
}

// separatorToSpace makes a space of whatever may stand between entries.
func separatorToSpace(r rune) rune {
	if r == ',' || r == ';' || unicode.IsSpace(r) {
		return ' '
	}
	return r
}

func parseDomain(entry string) (string, Message) {
	named := shorten(entry, 80)
	switch {
	case strings.Contains(entry, "@"):
		return "", Say("domain_is_address", "Entry", named)
	case strings.Contains(entry, "_"):
		return "", Say("domain_underscore", "Entry", named)
	}
	bare, withSubs := strings.CutPrefix(entry, wildcardPrefix)
	if isPublicSuffix(bare, withSubs) {
		return "", Say("domain_public", "Entry", named)
	}
	ascii, ok := asciiDomain(bare)
	ascii = lowerASCII(ascii)
	if !ok || len(ascii) > maxDomainBytes {
		return "", Say("domain_invalid", "Entry", named)
	}
	if withSubs {
		ascii = wildcardPrefix + ascii
	}
	return ascii, Message{}
}

// isPublicSuffix tells whether anybody can have a domain below this one, so that it says nothing about who
// somebody is. Below some domains of companies anybody can too; such a domain itself is still one company's.
func isPublicSuffix(domain string, withSubs bool) bool {
	ascii, err := idna.Lookup.ToASCII(domain)
	if err != nil {
		return false
	}
	suffix, official := publicsuffix.PublicSuffix(ascii)
	return suffix == ascii && (official || withSubs && strings.Contains(suffix, "."))
}

func isSameDomain(letters, ascii string) bool {
	again, ok := asciiDomain(letters)
	return ok && again == ascii
}
