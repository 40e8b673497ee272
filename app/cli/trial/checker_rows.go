package trial

import (
	"slices"
	"time"

	"reglink/app"
)

// checkForms compares each form with what is stored of it: all of it and once if it was acknowledged, nothing if it
// was denied.
func (c *checker) checkForms(now *snapshot) {
	for _, form := range c.forms {
		found := now.registrations[form.Email]
		switch {
		case form.acknowledged:
			c.Acknowledged++
			c.checkRegistration(now, form, found)
		case len(found) > 0:
			c.violation("%s is registered and was told that it is not", form.Email)
		}
	}
	for _, e := range c.entries {
		if e.Answered && e.Outcome == Unexpected {
			c.violation("%s by %s was answered with %d", e.Action, e.Client, e.Status)
		}
		if e.Answered && e.Action == Register && e.Outcome == Rejected {
			c.violation("%s was rejected with %d", e.Email, e.Status)
		}
	}
}

func (c *checker) checkRegistration(now *snapshot, form *sentForm, found []registrationRow) {
	if len(found) != 1 {
		c.lost("%s was told that it is registered and is %d times", form.Email, len(found))
		return
	}
	r := found[0]
	link, known := now.linkOf(form.Token)
	if !known || r.link != link.id {
		c.lost("%s is registered by another link", form.Email)
	}
	memberships := now.memberships[r.identity]
	if len(memberships) != 1 || !memberships[0].fits(r) {
		c.lost("%s has the memberships %v", form.Email, memberships)
	}
	if !slices.Equal(now.consents[r.identity], []string{app.EULAVersion}) {
		c.lost("%s has the consents %v", form.Email, now.consents[r.identity])
	}
	if !slices.Equal(now.topics[r.identity], form.Topics) {
		c.lost("%s has the topics %v and chose %v", form.Email, now.topics[r.identity], form.Topics)
	}
	c.checkNotices(now, r)
}

// fits reports whether the membership is the one that a registration creates.
func (m membershipRow) fits(r registrationRow) bool {
	return m.link == r.link && m.role == string(app.StandardUser) && m.status == string(app.Active)
}

// checkNotices checks that each Super User is told of a registration once, and that the person is asked to confirm
// once.
func (c *checker) checkNotices(now *snapshot, r registrationRow) {
	told, confirms := map[string]int{}, 0
	for _, n := range now.notices {
		switch {
		case n.letter == string(app.PersonRegistered) && n.event == r.id:
			told[n.recipient]++
		case n.letter == string(app.ConfirmAddress) && n.recipient == r.identity:
			confirms++
		}
	}
	for id := range now.superUsers {
		if told[id] != 1 {
			c.lost("%s: the Super User %s has %d notices", r.email, now.identities[id], told[id])
		}
	}
	if len(told) != len(now.superUsers) || confirms != 1 || len(now.confirmations[r.identity]) != 1 {
		c.lost("%s: %d people have notices, and %d mails ask to confirm", r.email, len(told), confirms)
	}
}

// checkOrphans looks for rows that belong to nothing. Everybody except the Super Users registered with a form of one
// of the site's loads.
func (c *checker) checkOrphans(now *snapshot) {
	submitted := c.site.submittedEmails()
	registrations := map[string]bool{}
	for email, all := range now.registrations {
		for _, r := range all {
			registrations[r.id] = true
		}
		if !submitted[email] {
			c.violation("%s is registered and sent no form", email)
		}
	}
	for id, email := range now.identities {
		if !now.superUsers[id] && len(now.registrations[email]) == 0 {
			c.violation("%s has a login without a registration", email)
		}
		if len(now.memberships[id]) != 1 || len(now.consents[id]) != 1 {
			c.violation("%s has %d memberships and %d consents", email, len(now.memberships[id]), len(now.consents[id]))
		}
	}
	for _, n := range now.notices {
		if n.letter == string(app.PersonRegistered) && !registrations[n.event] {
			c.violation("notice %s is about a registration that does not exist", n.id)
		}
	}
}

// checkLinkUses checks that each link counts the registrations that it has, and has no more than its maximum.
func (c *checker) checkLinkUses(now *snapshot) {
	active := 0
	for id, link := range now.links {
		if registered := len(now.registrationsBy(id)); link.used != registered {
			c.violation("link %s counts %d registrations and has %d", id, link.used, registered)
		}
		if link.maxUses > 0 && link.used > link.maxUses {
			c.violation("link %s admits %d registrations and has %d", id, link.maxUses, link.used)
		}
		if link.active {
			active++
		}
	}
	if active > 1 {
		c.violation("%d links are active", active)
	}
}

// checkEndedLinks looks for registrations by links whose end was acknowledged before, and for links that are
// active in spite of that. Once the end of the current link is acknowledged, every token that was seen before
// somebody asked for it has ended, whichever was current then. Clients and servers use one clock.
func (c *checker) checkEndedLinks(now *snapshot) {
	for token, end := range c.endedTokens() {
		link, known := now.linkOf(token)
		if !known || link.active {
			c.lost("the end of link %q was acknowledged, and it is active", link.id)
		}
		for _, r := range now.registrationsBy(link.id) {
			if r.at.After(end) {
				c.violation("%s registered %v after the end of its link was acknowledged", r.email, r.at.Sub(end))
			}
		}
	}
	for token := range c.shownTokens() {
		if _, known := now.linkOf(token); !known {
			c.lost("a link that was shown is not stored")
		}
	}
}

// shownTokens returns the tokens that Super Users were shown, and when first.
func (c *checker) shownTokens() map[string]time.Time {
	shown := map[string]time.Time{}
	for _, e := range c.entries {
		if !e.Answered || e.Action != ViewLink || e.Token == "" || e.Outcome != Succeeded {
			continue
		}
		if at, known := shown[e.Token]; !known || e.At.Before(at) {
			shown[e.Token] = e.At
		}
	}
	return shown
}

// endedTokens returns the tokens that must no longer work, and since when.
func (c *checker) endedTokens() map[string]time.Time {
	shown, ended := c.shownTokens(), map[string]time.Time{}
	asked := map[string]time.Time{} // when each client last asked for an end; a client's entries are in order
	for _, e := range c.entries {
		if e.Action != Regenerate && e.Action != Disable {
			continue
		}
		if !e.Answered {
			asked[e.Client] = e.At
			continue
		}
		if e.Outcome != Succeeded {
			continue
		}
		for token, at := range shown {
			if at.Before(asked[e.Client]) && (ended[token].IsZero() || e.At.Before(ended[token])) {
				ended[token] = e.At
			}
		}
	}
	return ended
}
