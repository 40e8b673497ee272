package trial

import (
	"strings"

	"reglink/app"
)

// mails holds the notices against what arrived: each that says it was sent did, none waits or was given up,
// and one that arrived again did so after a kill, under the same Message-ID.
func (c *check) mails(now *stored) {
	arrived := map[string]int{}
	for _, m := range c.site.Post.Mails() {
		c.Mails++
		id, _, _ := strings.Cut(strings.TrimPrefix(m.Header.Get("Message-Id"), "<"), "@")
		arrived[id]++
	}
	for _, n := range now.notices {
		times := arrived[n.id]
		delete(arrived, n.id)
		if n.delivery == string(app.Skipped) && n.letter == string(app.ActivateLogin) && times == 0 {
			continue // used as it was printed, before it could be mailed
		}
		if c.site.refused[now.identities[n.recipient]] {
			c.refused(n, times)
			continue
		}
		if n.delivery != string(app.Sent) || times == 0 {
			c.lost("notice %s (%s) is %s and arrived %d times", n.id, n.letter, n.delivery, times)
			continue
		}
		c.Twice += times - 1
	}
	if c.Twice > c.kills {
		c.wrong("%d mails arrived again after %d kills, of which each can leave one unmarked", c.Twice, c.kills)
	}
	for id := range arrived {
		c.wrong("a mail %q arrived that no notice is about", id)
	}
}

// refused judges a notice to somebody whose mail server refuses for good: it is given up, and operators see why.
func (c *check) refused(n noticeRow, times int) {
	if n.letter != string(app.PersonRegistered) {
		return
	}
	c.GivenUp++
	if n.delivery != string(app.Failed) || times > 0 {
		c.wrong("notice %s was refused for good, is %s and arrived %d times", n.id, n.delivery, times)
	}
}
