package cli

import (
	"time"

	"reglink/app"
)

// The people and companies that the demo begins with.
const (
	sueEmail    = "sue.perez@acme.example"
	ingridEmail = "ingrid.sorensen@borealis.example"
	henrikEmail = "henrik.dahl@acme.example" // whose mailbox is gone
	acmeID      = "100200"
	borealisID  = "200300"
)

const oneDay = 24 * time.Hour

// events are the sample data, the oldest first: one account in daily use, a second one in which its Super User is a
// Standard User, and a person in the directory without an account.
func (s *demoSeeder) events() []demoEvent {
	events := []demoEvent{
		{ago: 64 * oneDay, does: s.importIdentity(sueEmail, "Sue", "Perez", "en")},
		{ago: 64 * oneDay, does: s.importIdentity(ingridEmail, "Ingrid", "Sørensen", "en")},
		{ago: 64 * oneDay, does: s.importIdentity("lena.fischer@acme.example", "Lena", "Fischer", "de")},
		{ago: 64 * oneDay, does: s.importIdentity("noor.haddad@acme.example", "Noor", "Haddad", "en")},
		{ago: 64 * oneDay, does: s.importIdentity("samuel.osei@acme.example", "Samuel", "Osei", "en")},
		{ago: 63 * oneDay, does: s.createAccount("Acme Widgets", acmeID, sueEmail)},
		{ago: 63 * oneDay, does: s.createAccount("Borealis Instruments", borealisID, ingridEmail)},
		{ago: 63 * oneDay, does: s.importEntitlement(acmeID, app.OrderSummary, "OS-2026-118820")},
		{ago: 63 * oneDay, does: s.importEntitlement(acmeID, app.SerialNumber, "SN-77A1-0042")},
		{ago: 63 * oneDay, does: s.importEntitlement(acmeID, app.AuthCode, "7Q2M-9XK4-ACME")},
		{ago: 58 * oneDay, does: s.createUser(sueEmail, acmeID, app.NewUser{
			FirstName: "Tomasz", LastName: "Wiśniewski", Email: "t.wisniewski@acme.example", Role: app.SuperUser, Language: "en",
		})},
		{ago: 44 * oneDay, does: s.createUser(ingridEmail, borealisID, app.NewUser{
			FirstName: "Sue", LastName: "Perez", Email: sueEmail, Role: app.StandardUser, Language: "en",
		})},
		{ago: 43 * oneDay, does: s.generateLink},
		{ago: 41*oneDay + 3*time.Hour, does: s.register("en", app.RegistrationForm{
			FirstName: "Siobhán", LastName: "O’Rourke", Email: "siobhan.orourke@acme.example",
			Topics: []string{"product_updates"},
		})},
		{ago: 37 * oneDay, does: s.createUser(sueEmail, acmeID, app.NewUser{
			FirstName: "Aoife", LastName: "Ní Dhomhnaill", Email: "aoife@contractor.example", Role: app.LimitedUser,
			Language: "en",
		})},
		{ago: 37 * oneDay, does: s.setMembershipEnd("aoife@contractor.example", 49*oneDay)},
		{ago: 24 * oneDay, does: s.register("en", app.RegistrationForm{
			FirstName: "Minh Khai", LastName: "Nguyễn Thị", Email: "minhkhai.nguyen@acme.example",
			EntitlementKind: app.OrderSummary, OrderSummary: "OS-2026-118820", Topics: []string{"security_advisories"},
		})},
		{ago: 16 * oneDay, does: s.regenerateLink},
		{ago: 16*oneDay - 5*time.Minute, does: s.setLinkRules},
	}
	return append(events, s.registrations()...)
}

// registrations are those through the link, and the last days.
func (s *demoSeeder) registrations() []demoEvent {
	return []demoEvent{
		{ago: 15*oneDay + 4*time.Hour, does: s.register("en", app.RegistrationForm{
			FirstName: "Chukwuemeka", LastName: "Okonkwo-Adeyemi", Email: "c.okonkwo@acme.example",
			Profile: app.Profile{Phone: "+234 1 555 0142", JobTitle: "Head of Plant Maintenance"},
			Topics:  []string{"security_advisories", "case_activity"},
		})},
		{ago: 13*oneDay + 9*time.Hour, does: s.register("de", app.RegistrationForm{
			FirstName: "Jürgen", LastName: "Groß", Email: "juergen.gross@acme.example",
			Profile: app.Profile{Phone: "+49 30 5550199", JobTitle: "Systemtechniker"}, Topics: []string{"product_updates"},
		})},
		{ago: 9*oneDay + 2*time.Hour, does: s.register("en", app.RegistrationForm{
			FirstName: "伟", LastName: "李", Email: "li.wei@acme.example",
			Topics: []string{"security_advisories", "product_updates"},
		})},
		{ago: 6*oneDay + 7*time.Hour, does: s.register("de", app.RegistrationForm{
			FirstName: "Maximiliane-Theodora Alexandra", LastName: "Freifrau von Hohenberg-Sonnenschein zu Altenmarkt",
			Email: "maximiliane-theodora.von-hohenberg-sonnenschein@engineering.acme.example",
			Profile: app.Profile{
				JobTitle: "Leiterin der Arbeitsgruppe für sicherheitsgerichtete Steuerungssysteme und deren Zulassung",
			},
		})},
		{ago: 4 * oneDay, does: s.invite("fatima.alzahrani@acme.example", "priya.raghunathan@acme.example", henrikEmail,
			"oleksandr.kovalenko@acme.example")},
		{ago: 53 * time.Hour, does: s.requestToJoin("samuel.osei@acme.example")},
		{ago: 30 * time.Hour, does: s.register("en", app.RegistrationForm{
			FirstName: "Fatima", LastName: "Al-Zahrani", Email: "fatima.alzahrani@acme.example",
			Topics: []string{"case_activity"},
		})},
		{ago: 28 * time.Hour, does: s.requestToJoin("noor.haddad@acme.example")},
		{ago: 26 * time.Hour, ignored: true, does: s.createUser(sueEmail, acmeID, app.NewUser{
			FirstName: "Björn", LastName: "Lindqvist", Email: "bjorn.lindqvist@acme.example", Role: app.StandardUser,
			Language: "en",
		})},
		{ago: 5 * time.Hour, ignored: true, does: s.register("en", app.RegistrationForm{
			FirstName: "Priya", LastName: "Raghunathan", Email: "priya.raghunathan@acme.example",
			Profile: app.Profile{JobTitle: "Field Engineer"},
			Topics:  []string{"security_advisories", "product_updates", "case_activity"},
		})},
		{ago: 3 * time.Hour, ignored: true, does: s.invite("mei.tanaka@acme.example",
			"Samuel Otieno <s.otieno@acme.example>")},
		{ago: 12 * time.Minute, ignored: true, does: s.signIn(sueEmail,
			"Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 "+
				"(KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1")},
	}
}
