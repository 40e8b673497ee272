package app

import (
	"slices"
	"strings"
	"time"
)

// EULAVersion is the end-user licence agreement that is in force. Its text is in views/eula; a new text is a
// new version.
const EULAVersion = "2026-03"

// eulaProblem wants exactly the version in force, accepted by an explicit box.
func eulaProblem(version string) Message {
	switch version {
	case EULAVersion:
		return Message{}
	case "":
		return Say("eula_required")
	}
	return Say("eula_changed")
}

// Topic is something that a person may be mailed about.
type Topic string

// Topics in the order in which they are offered.
func Topics() []Topic { return []Topic{"security_advisories", "product_updates", "case_activity"} }

func topicsProblem(chosen []string) Message {
	for _, name := range chosen {
		if !slices.Contains(Topics(), Topic(name)) {
			return Say("topic_unknown")
		}
	}
	return Message{}
}

// Consent is what a person agreed to, in which words, and when. It is never changed.
type Consent struct {
	ID          string `bun:",pk"`
	IdentityID  string
	EULAVersion string `bun:"eula_version"`
	Language    string // in which the agreement was shown
	Topics      string // the notification topics chosen with it, joined by spaces
	AcceptedAt  time.Time
}

// withTopics completes a consent with the chosen topics, each once, however often the form named it.
func (c Consent) withTopics(topics []string) Consent {
	var names []string
	for _, choice := range topicChoices(c.IdentityID, topics) {
		names = append(names, string(choice.Topic))
	}
	c.Topics = strings.Join(names, " ")
	return c
}

// TopicChoice is a notification topic that an identity wants to be mailed about now.
type TopicChoice struct {
	IdentityID string `bun:",pk"`
	Topic      Topic  `bun:",pk"`
}

func topicChoices(identityID string, topics []string) []TopicChoice {
	var all []TopicChoice
	for _, topic := range Topics() {
		if slices.Contains(topics, string(topic)) {
			all = append(all, TopicChoice{IdentityID: identityID, Topic: topic})
		}
	}
	return all
}
