package db

import (
	"context"
	"errors"
	"fmt"

	"github.com/uptrace/bun"
)

// notSyncedError is of a Galera node that answers and must be left alone: what it says may be old, and what is written there
// may be lost (references/security-reliability, finding 6).
type notSyncedError struct{ variable, value string }

func (e notSyncedError) Error() string {
	return fmt.Sprintf("the node of the cluster is not ready: %s is %s", e.variable, e.value)
}

// synced asks a node of a Galera cluster whether it is part of it and has all of its data. A server that is none is left in peace: one
// that does not know of Galera, and one that was built for it and is not in a cluster.
func synced(ask func(query string) (map[string]string, error)) error {
	switches, err := ask("SHOW VARIABLES LIKE 'wsrep_on'")
	if err != nil || switches["wsrep_on"] != "ON" {
		return err
	}
	status, err := ask("SHOW GLOBAL STATUS WHERE Variable_name IN ('wsrep_ready', 'wsrep_cluster_status', 'wsrep_local_state')")
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

// usable asks the node of one connection; the others were asked when their connections began. A node that is out of sync since then takes
// every statement, so only this look finds it out. It is left alone, and whoever is used in its place is asked.
func (mysqlServer) usable(ctx context.Context, d *bun.DB) error {
	err := askNode(ctx, d)
	if _, ok := errors.AsType[notSyncedError](err); ok {
		return askNode(ctx, d)
	}
	return err
}

// askNode asks the node of one connection whether it is synced, and has it left alone where it is not.
func askNode(ctx context.Context, d *bun.DB) error {
	conn, err := d.Conn(ctx)
	if err != nil {
		return err
	}
	err = conn.Raw(func(plain any) error {
		used := plain.(nodeConn)
		err := synced(func(query string) (map[string]string, error) { return pairs(ctx, used, query) })
		used.node.judge(err)
		return err
	})
	return errors.Join(err, conn.Close())
}
