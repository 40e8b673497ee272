package db

import (
	"context"
	"errors"
	"fmt"

	"github.com/uptrace/bun"
)

// notSyncedError is of a Galera node that answers and must be left alone: what it says may be old, and what
// is written there may be lost (references/security-reliability, finding 6).
type notSyncedError struct{ variable, value string }

func (e notSyncedError) Error() string {
	return fmt.Sprintf("the node of the cluster is not ready: %s is %s", e.variable, e.value)
}

// checkSynced asks a node of a Galera cluster whether it is part of it and has all of its data. A server that
// is none is left in peace: one that does not know of Galera, and one that was built for it and is not in a
// cluster.
func checkSynced(ask func(query string) (map[string]string, error)) error {
	switches, err := ask("SHOW VARIABLES LIKE 'wsrep_on'")
	if err != nil || switches["wsrep_on"] != "ON" {
		return err
	}
	status, err := ask("SHOW GLOBAL STATUS WHERE Variable_name IN ('wsrep_ready', 'wsrep_cluster_status', " +
		"'wsrep_local_state')")
	if err != nil {
		return err
	}
	for _, want := range []struct{ variable, value string }{
		{"wsrep_ready", "ON"}, {"wsrep_cluster_status", "Primary"}, {"wsrep_local_state", "4"},
	} {
		if got := status[want.variable]; got != want.value {
			return notSyncedError{want.variable, got}
		}
	}
	return nil
}

// checkUsable asks the node of one connection; the others were asked when their connections began. A node
// that is out of sync since then takes every statement, so only this look finds it out. It is left alone, and
// whoever is used in its place is asked.
func (mysqlServer) checkUsable(ctx context.Context, d *bun.DB) error {
	err := checkNode(ctx, d)
	if _, ok := errors.AsType[notSyncedError](err); ok {
		return checkNode(ctx, d)
	}
	return err
}

// checkNode asks the node of one connection whether it is synced, and has it left alone where it is not.
func checkNode(ctx context.Context, d *bun.DB) error {
	conn, err := d.Conn(ctx)
	if err != nil {
		return err
	}
	err = conn.Raw(func(plain any) error {
		used := plain.(nodeConn)
		err := checkSynced(func(query string) (map[string]string, error) { return queryPairs(ctx, used, query) })
		used.node.recordError(err)
		return err
	})
	return errors.Join(err, conn.Close())
}
