package trial

import (
	"slices"
	"time"

	"reglink/app"
)

// registrations holds each form against what is stored of it: whole and once where it was acknowledged,
// nothing where it was denied.
func (c *check) registrations(now *stored) {
	for _, form := range c.forms {
		found := now.registrations[form.Email]
		switch {
		case form.stored:
			c.Acknowledged++
			c.acknowledged(now, form, found)
		case len(found) > 0:
			c.wrong("%s is registered and was told that it is not", form.Email)
		}
	}
	for _, e := range c.entries {
		if e.Answer && e.Outcome == Fault {
			c.wrong("%s by %s was answered with %d", e.Act, e.Client, e.Status)
		}
		if e.Answer && e.Act == Register && e.Outcome == Refused {
			c.wrong("%s was refused with %d", e.Email, e.Status)
		}
	}
}

func (c *check) acknowledged(now *stored, form *sentForm, found []registered) {
	if len(found) != 1 {
		c.lost("%s was told that it is registered and is %d times", form.Email, len(found))
		return
	}
	r := found[0]
	link, known := now.linkOf(form.Token)
	if !known || r.link != link.id {
		c.lost("%s is registered by another link", form.Email)
	}
	members := now.memberships[r.identity]
	if len(members) != 1 || members[0].link != r.link || members[0].role != string(app.StandardUser) ||
		members[0].status != string(app.Active) {
		c.lost("%s has the memberships %v", form.Email, members)
	}
	if !slices.Equal(now.consents[r.identity], []string{app.EULAVersion}) {
		c.lost("%s has the consents %v", form.Email, now.consents[r.identity])
	}
	if !slices.Equal(now.topics[r.identity], form.Topics) {
		c.lost("%s has the topics %v and chose %v", form.Email, now.topics[r.identity], form.Topics)
	}
	c.notices(now, r)
}

// notices has each Super User told once, and the person asked to confirm.
func (c *check) notices(now *stored, r registered) {
	told, confirms := map[string]int{}, 0
	for _, n := range now.notices {
		switch {
		case n.letter == string(app.PersonRegistered) && n.event == r.id:
			told[n.recipient]++
		case n.letter == string(app.ConfirmAddress) && n.recipient == r.identity:
			confirms++
		}
	}
	for id := range now.supers {
		if told[id] != 1 {
			c.lost("%s: the Super User %s has %d notices", r.email, now.identities[id], told[id])
		}
	}
	if len(told) != len(now.supers) || confirms != 1 || len(now.confirmations[r.identity]) != 1 {
		c.lost("%s: %d people have notices, and %d mails ask to confirm", r.email, len(told), confirms)
	}
}

// orphans finds what belongs to nothing. Everybody who is no Super User came by a form of one of the site's crowds.
func (c *check) orphans(now *stored) {
	sent := c.site.senders()
	events := map[string]bool{}
	for email, all := range now.registrations {
		for _, r := range all {
			events[r.id] = true
		}
		if !sent[email] {
			c.wrong("%s is registered and sent no form", email)
		}
	}
	for id, email := range now.identities {
		if !now.supers[id] && len(now.registrations[email]) == 0 {
			c.wrong("%s has a login without a registration", email)
		}
		if len(now.memberships[id]) != 1 || len(now.consents[id]) != 1 {
			c.wrong("%s has %d memberships and %d consents", email, len(now.memberships[id]), len(now.consents[id]))
		}
	}
	for _, n := range now.notices {
		if n.letter == string(app.PersonRegistered) && !events[n.event] {
			c.wrong("notice %s tells of a registration that is not there", n.id)
		}
	}
}

// links counts: a link is used as often as people came by it, and at most as often as it may be.
func (c *check) links(now *stored) {
	active := 0
	for id, link := range now.links {
		if came := len(now.through(id)); link.used != came {
			c.wrong("link %s counts %d registrations and has %d", id, link.used, came)
		}
		if link.max > 0 && link.used > link.max {
			c.wrong("link %s lets %d in and let %d", id, link.max, link.used)
		}
		if link.active {
			active++
		}
	}
	if active > 1 {
		c.wrong("%d links are current", active)
	}
}

// dead finds registrations through links whose end a Super User was told of, and ends that were
// forgotten. A token that was seen before somebody asked for the end of the current link is dead once that is
// acknowledged, whoever was current by then. Clients and servers tell the time from one clock.
func (c *check) dead(now *stored) {
	ended := c.deadAfter()
	for token, after := range ended {
		link, known := now.linkOf(token)
		if !known || link.active {
			c.lost("the end of link %q was acknowledged, and it lives", link.id)
		}
		for _, r := range now.through(link.id) {
			if r.at.After(after) {
				c.wrong("%s registered %v after the end of its link was acknowledged", r.email, r.at.Sub(after))
			}
		}
	}
	for token := range c.seen() {
		if _, known := now.linkOf(token); !known {
			c.lost("a link that was shown is not stored")
		}
	}
}

// seen gives the tokens that Super Users were shown, and since when.
func (c *check) seen() map[string]time.Time {
	first := map[string]time.Time{}
	for _, e := range c.entries {
		if !e.Answer || e.Act != Look || e.Token == "" || e.Outcome != Stored {
			continue
		}
		if at, known := first[e.Token]; !known || e.At.Before(at) {
			first[e.Token] = e.At
		}
	}
	return first
}

// deadAfter gives the tokens that must be dead, and since when.
func (c *check) deadAfter() map[string]time.Time {
	seen, ended := c.seen(), map[string]time.Time{}
	intents := map[string]time.Time{} // the last of each client; a client's lines are in order
	for _, e := range c.entries {
		if e.Act != Regenerate && e.Act != Disable {
			continue
		}
		if !e.Answer {
			intents[e.Client] = e.At
			continue
		}
		if e.Outcome != Stored {
			continue
		}
		for token, at := range seen {
			if at.Before(intents[e.Client]) && (ended[token].IsZero() || e.At.Before(ended[token])) {
				ended[token] = e.At
			}
		}
	}
	return ended
}
