package web_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// snapshot gives what every table holds, a line a row, so that two looks can be compared. When a session was
// last seen is left out: reading a page may note that.
func (p *portal) snapshot() map[string]string {
	p.t.Helper()
	if p.tables == nil {
		p.tables = p.tableNames()
	}
	all := map[string]string{}
	for _, table := range p.tables {
		all[table] = p.dumpTable(table)
	}
	return all
}

func (p *portal) tableNames() []string {
	p.t.Helper()
	query := "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()"
	if p.isSQLite() {
		query = "SELECT name FROM sqlite_master WHERE type = 'table'"
	}
	names := p.queryColumn(query)
	if !slices.Contains(names, "identities") {
		p.t.Fatalf("these cannot be all tables: %q", names)
	}
	return names
}

func (p *portal) isSQLite() bool {
	var version string
	return p.rawDB.QueryRowContext(context.Background(), "SELECT sqlite_version()").Scan(&version) == nil
}

func (p *portal) dumpTable(table string) string {
	p.t.Helper()
	rows, err := p.rawDB.QueryContext(context.Background(), "SELECT * FROM "+table)
	p.check(err)
	defer rows.Close()
	columns, err := rows.Columns()
	p.check(err)
	var lines []string
	for rows.Next() {
		lines = append(lines, p.dumpRow(rows, columns))
	}
	p.check(rows.Err())
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

func (p *portal) dumpRow(rows *sql.Rows, columns []string) string {
	p.t.Helper()
	values, places := make([]any, len(columns)), make([]any, len(columns))
	for i := range values {
		places[i] = &values[i]
	}
	p.check(rows.Scan(places...))
	var b strings.Builder
	for i, value := range values {
		if columns[i] == "seen_at" {
			continue
		}
		if bytes, ok := value.([]byte); ok {
			value = string(bytes)
		}
		fmt.Fprintf(&b, "%s=%v ", columns[i], value)
	}
	return b.String()
}

// queryColumn gives the first column of what a query finds, as text.
func (p *portal) queryColumn(query string, args ...any) []string {
	p.t.Helper()
	rows, err := p.rawDB.QueryContext(context.Background(), query, args...)
	p.check(err)
	defer rows.Close()
	var all []string
	for rows.Next() {
		var value sql.NullString
		p.check(rows.Scan(&value))
		all = append(all, value.String)
	}
	p.check(rows.Err())
	return all
}

// queryOne gives the one value that a query finds, as text.
func (p *portal) queryOne(query string, args ...any) string {
	p.t.Helper()
	all := p.queryColumn(query, args...)
	if len(all) != 1 {
		p.t.Fatalf("%s %v finds %d rows", query, args, len(all))
	}
	return all[0]
}

// exec changes what is stored without any rule.
func (p *portal) exec(statement string, args ...any) {
	p.t.Helper()
	_, err := p.rawDB.ExecContext(context.Background(), statement, args...)
	p.check(err)
}

// wantUnchanged wants everything stored as it was before.
func (p *portal) wantUnchanged(what string, before map[string]string) {
	p.t.Helper()
	for table, now := range p.snapshot() {
		if now != before[table] {
			p.t.Errorf("%s changed %s: gone %.500q, new %.500q", what, table, linesNotIn(before[table], now),
				linesNotIn(now, before[table]))
		}
	}
}

// wantOnlyDenialRecorded wants everything stored as it was before, but for one line in the activity that
// tells of a form that was not admitted, and why, and not of whom.
func (p *portal) wantOnlyDenialRecorded(what, reason string, before map[string]string) {
	p.t.Helper()
	now := p.snapshot()["activities"]
	lines := linesNotIn(now, before["activities"])
	if len(lines) != 1 || !strings.Contains(lines[0], `event=link_denied actor_id=<nil> subject_id=<nil>`) ||
		!strings.Contains(lines[0], `details={"Reason":"`+reason+`"}`) {
		p.t.Errorf("%s is told as %q, want the reason %s", what, lines, reason)
	}
	before = maps.Clone(before)
	before["activities"], before["limit_counts"] = now, p.snapshot()["limit_counts"] // refusals are counted for the alert
	p.wantUnchanged(what, before)
}

// linesNotIn gives the lines of a dump that another has not.
func linesNotIn(dump, other string) []string {
	lines := strings.Split(dump, "\n")
	return slices.DeleteFunc(lines, func(line string) bool { return slices.Contains(strings.Split(other, "\n"), line) })
}

func (p *portal) wantSameRows(before, now map[string]string) {
	p.t.Helper()
	for table, text := range now {
		if text != before[table] {
			p.t.Errorf("%s changed: gone %.500q, new %.500q", table, linesNotIn(before[table], text),
				linesNotIn(text, before[table]))
		}
	}
}

func (p *portal) columnsOf(table string) []string {
	p.t.Helper()
	rows, err := p.rawDB.QueryContext(p.t.Context(), "SELECT * FROM "+table+" WHERE 1 = 0")
	p.check(err)
	defer rows.Close()
	names, err := rows.Columns()
	p.check(errors.Join(err, rows.Err()))
	return names
}
