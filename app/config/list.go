package config

import (
	"slices"
	"strings"
)

// The names of the settings in the environment.
const (
	DatabaseURL    = "DATABASE_URL"
	Listen         = "LISTEN"
	BaseURL        = "BASE_URL"
	SecretKey      = "SECRET_KEY"
	SecretKeyFile  = "SECRET_KEY_FILE"
	SecretKeyOld   = "SECRET_KEY_OLD"
	SMTPURL        = "SMTP_URL"
	TrustedProxies = "TRUSTED_PROXIES"
	Limits         = "LIMITS"
	MaxLinkDays    = "MAX_LINK_DAYS"
	BreachedFile   = "BREACHED_PASSWORDS"

	OIDCIssuer       = "OIDC_ISSUER"
	OIDCClientID     = "OIDC_CLIENT_ID"
	OIDCClientSecret = "OIDC_CLIENT_SECRET" //nolint:gosec // the name of a setting
	OIDCName         = "OIDC_NAME"
	SCIMURL          = "SCIM_URL"
	SCIMToken        = "SCIM_TOKEN"
	MetricsToken     = "METRICS_TOKEN"
	LogFormat        = "LOG_FORMAT"
	StopDelay        = "STOP_DELAY"
)

// A Setting describes one setting, for --help.
type Setting struct {
	Name    string // in the environment
	Default string // as a value; empty: none
	Help    string // one sentence
	EnvOnly bool   // it has no flag, for a command line is visible to everybody on the machine
	Secret  bool   // it holds a secret, or may: a file that the setting NAME_FILE names can hold it instead
}

// FileOf is the name of the setting that names a file with the secret in it.
func FileOf(secret string) string { return secret + "_FILE" }

// Flag is the setting's flag without its dashes; empty where it has none.
func (s Setting) Flag() string {
	if s.EnvOnly {
		return ""
	}
	return strings.ReplaceAll(strings.ToLower(s.Name), "_", "-")
}

// All lists the settings in the order of --help, each secret followed by the one that names its file.
func All() []Setting {
	var all []Setting
	for _, s := range slices.Concat(settings(), ruleSettings(), ssoSettings()) {
		all = append(all, s)
		if s.Secret {
			help := "A file that holds " + s.Name + " instead, which only the program and its group can read."
			all = append(all, Setting{Name: FileOf(s.Name), Help: help})
		}
	}
	return all
}

func settings() []Setting {
	return []Setting{
		{
			Name: DatabaseURL, Default: "sqlite:data/reglink.db", Secret: true,
			Help: "The database: sqlite:PATH, or mysql://user:password@host:3306/name for MySQL and MariaDB, with " +
				"host1:3306,host2:3306 for the nodes of a cluster, the first to be used first; ?tls=true verifies the " +
				"server, ?ca=FILE by authorities of your own.",
		},
		{
			Name: Listen, Default: "127.0.0.1:3000",
			Help: "The address and port to listen at; port 0 takes a free one.",
		},
		{
			Name: BaseURL,
			Help: "The address at which people reach the portal, as in https://portal.example; required unless LISTEN is a " +
				"loopback address, from which it then follows.",
		},
		{
			Name: SecretKey, EnvOnly: true, Secret: true,
			Help: "32 bytes in base64 that seal links and mails; with SQLite it is made at the first start and kept in " +
				"secret.key, in the folder of the database.",
		},
		{
			Name: SecretKeyOld, EnvOnly: true, Secret: true,
			Help: "Secret keys that were used before, separated by blanks or commas, until reglink keys rotate has " +
				"sealed everything again.",
		},
		{
			Name: SMTPURL, Secret: true,
			Help: "The mail server: smtp://user:password@host:587 or smtps://user:password@host, with ?tls=required to insist " +
				"on STARTTLS and ?from=ADDRESS to name the sender; without it mails wait in the outbox.",
		},
		{
			Name: TrustedProxies,
			Help: "Addresses or CIDR ranges, separated by commas, of the proxies whose forwarding headers count.",
		},
	}
}

func ruleSettings() []Setting {
	return []Setting{
		{
			Name: Limits, Default: "on",
			Help: "Rate limits: on, or off for load tests.",
		},
		{
			Name: MaxLinkDays,
			Help: "How many days a registration link works at most, counted from its generation, and also for links that " +
				"exist already; without it, or with 0, links may work for any time.",
		},
		{
			Name: MetricsToken, EnvOnly: true, Secret: true,
			Help: "A token of at least 16 characters with which a Prometheus elsewhere may read /metrics; without it, only " +
				"programs on the same machine may.",
		},
		{Name: LogFormat, Default: "text", Help: "Log format on standard error: text, or json (one object per line)."},
		{
			Name: StopDelay, Default: "0",
			Help: "How many seconds a server that is told to stop still serves while /readyz answers 503, so that load " +
				"balancers notice first.",
		},
		{
			Name: BreachedFile,
			Help: "A file of leaked passwords that nobody may choose: their SHA-1 in hexadecimal, one per line, in " +
				"order, as Have I Been Pwned offers it.",
		},
	}
}

func defaultOf(name string) string {
	for _, s := range All() {
		if s.Name == name {
			return s.Default
		}
	}
	return ""
}
