//go:build cluster

package dbtest_test

import (
	"testing"
	"time"

	"reglink/db/dbtest"
)

func TestGaleraX(t *testing.T) {
	began := time.Now()
	c := dbtest.Galera(t)
	t.Log("up after", time.Since(began))
	name := c.Database(t)
	s := dbtest.Open(t, c.Nodes[1].URL(name))
	began = time.Now()
	if err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Log("migrated after", time.Since(began))
	c.Equal(t, name)
	began = time.Now()
	c.Nodes[1].Kill(t)
	c.Nodes[1].Restart(t)
	t.Log("restarted after", time.Since(began))
	c.Equal(t, name)
	began = time.Now()
	for _, n := range c.Nodes {
		n.Kill(t)
	}
	t.Log(c.Bootstrap(t))
	t.Log("bootstrapped after", time.Since(began))
	c.Equal(t, name)
	began = time.Now()
	c.Nodes[1].Kill(t)
	c.Nodes[2].Kill(t)
	c.Nodes[0].Await(t, func(s dbtest.Status) bool { return s.Cluster == "non-Primary" })
	t.Log("non-primary after", time.Since(began))
	c.Nodes[0].BecomePrimary(t)
	c.Nodes[0].Await(t, func(s dbtest.Status) bool { return s.Cluster == "Primary" && s.Ready == "ON" })
	t.Log("primary after", time.Since(began))
	dbtest.Galera(t)
	t.Log("whole after", time.Since(began))
	c.Equal(t, name)
}
