package cli

import (
	"time"

	"reglink/app"
)

// The people and companies by whom the demo's user is greeted.
const (
	sue      = "sue.perez@acme.example"
	ingrid   = "ingrid.sorensen@borealis.example"
	movedOn  = "henrik.dahl@acme.example" // whose mailbox is gone
	acme     = "100200"
	borealis = "200300"
)

const day = 24 * time.Hour

// events are the sample data, the oldest first: one account in daily use, a second one in which its Super
// User is a Standard User, and somebody whom the directory knows and no account does.
func (s *story) events() []event {
	events := []event{
		{ago: 64 * day, does: s.known(sue, "Sue", "Perez", "en")},
		{ago: 64 * day, does: s.known(ingrid, "Ingrid", "Sørensen", "en")},
		{ago: 64 * day, does: s.known("lena.fischer@acme.example", "Lena", "Fischer", "de")},
		{ago: 64 * day, does: s.known("noor.haddad@acme.example", "Noor", "Haddad", "en")},
		{ago: 64 * day, does: s.known("samuel.osei@acme.example", "Samuel", "Osei", "en")},
		{ago: 63 * day, does: s.account("Acme Widgets", acme, sue)},
		{ago: 63 * day, does: s.account("Borealis Instruments", borealis, ingrid)},
		{ago: 63 * day, does: s.entitlement(acme, app.OrderSummary, "OS-2026-118820")},
		{ago: 63 * day, does: s.entitlement(acme, app.SerialNumber, "SN-77A1-0042")},
		{ago: 63 * day, does: s.entitlement(acme, app.AuthCode, "7Q2M-9XK4-ACME")},
		{ago: 58 * day, does: s.adds(sue, acme, app.NewUser{
			FirstName: "Tomasz", LastName: "Wiśniewski", Email: "t.wisniewski@acme.example", Role: app.SuperUser, Language: "en",
		})},
		{ago: 44 * day, does: s.adds(ingrid, borealis, app.NewUser{
			FirstName: "Sue", LastName: "Perez", Email: sue, Role: app.StandardUser, Language: "en",
		})},
		{ago: 43 * day, does: s.generatesLink},
		{ago: 41*day + 3*time.Hour, does: s.registers("en", app.RegistrationForm{
			FirstName: "Siobhán", LastName: "O’Rourke", Email: "siobhan.orourke@acme.example",
			Topics: []string{"product_updates"},
		})},
		{ago: 37 * day, does: s.adds(sue, acme, app.NewUser{
			FirstName: "Aoife", LastName: "Ní Dhomhnaill", Email: "aoife@contractor.example", Role: app.LimitedUser,
			Language: "en",
		})},
		{ago: 37 * day, does: s.ends("aoife@contractor.example", 49*day)},
		{ago: 24 * day, does: s.registers("en", app.RegistrationForm{
			FirstName: "Minh Khai", LastName: "Nguyễn Thị", Email: "minhkhai.nguyen@acme.example",
			EntitlementKind: app.OrderSummary, OrderSummary: "OS-2026-118820", Topics: []string{"security_advisories"},
		})},
		{ago: 16 * day, does: s.replacesLink},
		{ago: 16*day - 5*time.Minute, does: s.setsRules},
	}
	return append(events, s.registrations()...)
}

// registrations are those through the link, and the last days.
func (s *story) registrations() []event {
	return []event{
		{ago: 15*day + 4*time.Hour, does: s.registers("en", app.RegistrationForm{
			FirstName: "Chukwuemeka", LastName: "Okonkwo-Adeyemi", Email: "c.okonkwo@acme.example",
			Profile: app.Profile{Phone: "+234 1 555 0142", JobTitle: "Head of Plant Maintenance"},
			Topics:  []string{"security_advisories", "case_activity"},
		})},
		{ago: 13*day + 9*time.Hour, does: s.registers("de", app.RegistrationForm{
			FirstName: "Jürgen", LastName: "Groß", Email: "juergen.gross@acme.example",
			Profile: app.Profile{Phone: "+49 30 5550199", JobTitle: "Systemtechniker"}, Topics: []string{"product_updates"},
		})},
		{ago: 9*day + 2*time.Hour, does: s.registers("en", app.RegistrationForm{
			FirstName: "伟", LastName: "李", Email: "li.wei@acme.example",
			Topics: []string{"security_advisories", "product_updates"},
		})},
		{ago: 6*day + 7*time.Hour, does: s.registers("de", app.RegistrationForm{
			FirstName: "Maximiliane-Theodora Alexandra", LastName: "Freifrau von Hohenberg-Sonnenschein zu Altenmarkt",
			Email: "maximiliane-theodora.von-hohenberg-sonnenschein@engineering.acme.example",
			Profile: app.Profile{
				JobTitle: "Leiterin der Arbeitsgruppe für sicherheitsgerichtete Steuerungssysteme und deren Zulassung",
			},
		})},
		{ago: 4 * day, does: s.invites("fatima.alzahrani@acme.example", "priya.raghunathan@acme.example", movedOn,
			"oleksandr.kovalenko@acme.example")},
		{ago: 53 * time.Hour, does: s.asksToJoin("samuel.osei@acme.example")},
		{ago: 30 * time.Hour, does: s.registers("en", app.RegistrationForm{
			FirstName: "Fatima", LastName: "Al-Zahrani", Email: "fatima.alzahrani@acme.example",
			Topics: []string{"case_activity"},
		})},
		{ago: 28 * time.Hour, does: s.asksToJoin("noor.haddad@acme.example")},
		{ago: 26 * time.Hour, ignored: true, does: s.adds(sue, acme, app.NewUser{
			FirstName: "Björn", LastName: "Lindqvist", Email: "bjorn.lindqvist@acme.example", Role: app.StandardUser,
			Language: "en",
		})},
		{ago: 5 * time.Hour, ignored: true, does: s.registers("en", app.RegistrationForm{
			FirstName: "Priya", LastName: "Raghunathan", Email: "priya.raghunathan@acme.example",
			Profile: app.Profile{JobTitle: "Field Engineer"},
			Topics:  []string{"security_advisories", "product_updates", "case_activity"},
		})},
		{
			ago: 3 * time.Hour, ignored: true, does: s.invites("mei.tanaka@acme.example",
				"Samuel Otieno <s.otieno@acme.example>"),
		},
		{
			ago: 12 * time.Minute, ignored: true,
			does: s.signsIn(sue, "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 "+
				"(KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1"),
		},
	}
}
