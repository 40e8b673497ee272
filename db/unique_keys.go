package db

import (
	"errors"
	"strings"

	"github.com/go-sql-driver/mysql"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// The unique keys that decide who was first. What one of them refuses is not looked up before: two could look at once.
const (
	companyIDKey    = "accounts_company_id"
	emailKey        = "identities_email_key"
	activeLinkKey   = "links_active"
	memberKey       = "memberships_person"
	entitlementKey  = "entitlements_code"
	submissionKey   = "registrations_submission"
	invitationKey   = "invitations_address"
	ssoPersonKey    = "sso_logins_person"
	factorKey       = "factors_look_up"
	tablePrimaryKey = "PRIMARY" // of whatever table the statement writes
)

// sqliteColumns gives a key as SQLite names it in its errors; MySQL names it by its name.
func sqliteColumns(key string) string {
	return map[string]string{
		companyIDKey:   "accounts.company_id",
		emailKey:       "identities.email_key",
		activeLinkKey:  "links.account_id, links.active",
		memberKey:      "memberships.identity_id, memberships.account_id",
		entitlementKey: "entitlements.proof, entitlements.code",
		submissionKey:  "registrations.submission_key",
		factorKey:      "factors.look_up",
		invitationKey:  "invitations.link_id, invitations.email_key",
		ssoPersonKey:   "sso_logins.identity_id, sso_logins.issuer",
	}[key]
}

// violates tells whether err is the violation of that unique key.
func violates(err error, key string) bool {
	if my, ok := errors.AsType[*mysql.MySQLError](err); ok {
		return my.Number == 1062 && messageNamesKey(my.Message, key)
	}
	lite, ok := errors.AsType[*sqlite.Error](err)
	if !ok || (lite.Code() != sqlite3.SQLITE_CONSTRAINT_UNIQUE && lite.Code() != sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY) {
		return false
	}
	if key == tablePrimaryKey {
		return lite.Code() == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY
	}
	return strings.Contains(lite.Error(), "failed: "+sqliteColumns(key)+" (")
}

// messageNamesKey finds the key in "Duplicate entry '…' for key 'table.key'", in any language, with or
// without the table, and whatever a proxy wraps around it. The entry is somebody's input and may name a key
// too: ask only for keys that the statement can violate.
func messageNamesKey(message, key string) bool {
	return strings.Contains(message, "'"+key+"'") || strings.Contains(message, "."+key+"'")
}
