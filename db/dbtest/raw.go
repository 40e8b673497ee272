package dbtest

import (
	"database/sql"
	"net/url"
	"strings"
	"testing"

	"github.com/go-sql-driver/mysql"
)

// Raw opens the database of an address once more and by the standard library alone: for tests that look at
// what is really stored, or put there what no rule would. It is closed when the test ends.
func Raw(t testing.TB, databaseURL string) *sql.DB {
	t.Helper()
	pool, err := openRaw(databaseURL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := pool.Close(); err != nil {
			t.Error(err)
		}
	})
	return pool
}

func openRaw(databaseURL string) (*sql.DB, error) {
	if path, ok := strings.CutPrefix(databaseURL, "sqlite:"); ok {
		file := url.URL{Path: path} // a test's folder may have a # in its name
		return sql.Open("sqlite", "file:"+file.EscapedPath()+"?_pragma=busy_timeout(5000)")
	}
	u, err := url.Parse(databaseURL)
	if err != nil {
		return nil, err
	}
	config := mysql.NewConfig()
	config.User, config.Net, config.Addr = u.User.Username(), "tcp", u.Host
	config.Passwd, _ = u.User.Password()
	// on a cluster, what is looked at is what all nodes have committed
	config.Params = map[string]string{"wsrep_sync_wait": "15"}
	if socket := u.Query().Get("socket"); socket != "" {
		config.Net, config.Addr = "unix", socket
	}
	config.DBName, config.InterpolateParams = strings.TrimPrefix(u.Path, "/"), true
	config.MultiStatements = true // a dump is many
	connector, err := mysql.NewConnector(config)
	if err != nil {
		return nil, err
	}
	return sql.OpenDB(connector), nil
}
