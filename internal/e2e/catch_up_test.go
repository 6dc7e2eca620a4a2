package e2e

import (
	"context"
	"fmt"
	"testing"
	"time"

	"pgchameleon/internal/catalogue"
	"pgchameleon/internal/event"
	"pgchameleon/internal/schema"
	"pgchameleon/internal/target/dial"
	"pgchameleon/internal/testserver"
)

// A table that was parked with its rows as of a position is brought up from there in its
// place, without a copy; a statement that comes first may be passed over.
func TestATableIsBroughtUpFromItsPosition(t *testing.T) {
	t.Parallel()
	for _, name := range []string{testserver.Source, "mysql-9.7"} { // of its own: the first transaction after the position counts
		t.Run(name, func(t *testing.T) {
			r := newReplica(t, testserver.Private(t, name), testserver.Shared(t, testserver.Target), options{})
			r.source("CREATE TABLE held (id INT PRIMARY KEY, v INT)", "INSERT INTO held VALUES (1, 1), (2, 2)",
				"CREATE TABLE skipped (id INT PRIMARY KEY, v INT)", "INSERT INTO skipped VALUES (1, 1), (2, 2)")
			r.init()
			r.start()
			r.caughtUp()
			r.stop()
			r.parkAt("skipped", true)
			r.source("TRUNCATE TABLE skipped", "INSERT INTO skipped VALUES (3, 3)")
			r.parkAt("held", false)
			r.source("ALTER TABLE held ADD COLUMN w INT DEFAULT 4", "INSERT INTO held VALUES (3, 3, 3)", "UPDATE held SET v = v + 1", "DELETE FROM held WHERE id = 1")
			before := r.target(fmt.Sprintf("SELECT '%q.held'::regclass::oid", r.schemas[r.marker]))
			r.start()
			r.source("INSERT INTO held VALUES (10, 10, 10)")
			r.caughtUp()
			r.allReplicate()
			r.source("INSERT INTO held VALUES (11, 11, 11)")
			r.caughtUp()
			r.sameTable(r.marker, r.schemas[r.marker], "held")
			if after := r.target(fmt.Sprintf("SELECT '%q.held'::regclass::oid", r.schemas[r.marker])); after[0][0] != before[0][0] {
				t.Error("the table is another one than before")
			}
			if rows := r.target(fmt.Sprintf("SELECT string_agg(id::text, ',' ORDER BY id) FROM %q.skipped", r.schemas[r.marker])); rows[0][0] != "1,2,3" {
				t.Errorf("with its first statement passed over the table has %s", rows[0][0])
			}
		})
	}
}

// parkAt excludes a table at the applied position, to be brought up from there.
func (r *replica) parkAt(table string, skip bool) {
	r.t.Helper()
	ctx := context.Background()
	conn, err := dial.Connect(ctx, dial.Config{Host: "127.0.0.1", Port: uint16(r.dst.Port), User: r.dst.User, Database: r.database, SSLMode: "disable"})
	if err != nil {
		r.t.Fatal(err)
	}
	defer func() { _ = conn.Close(ctx) }()
	source, err := catalogue.Find(ctx, conn, "mysql")
	if err != nil {
		r.t.Fatal(err)
	}
	name := schema.Name{Schema: r.marker, Table: table}
	tracked, err := catalogue.TrackedSchema(ctx, conn, source.ID)
	if err != nil {
		r.t.Fatal(err)
	}
	err = dial.InTx(ctx, conn, func(tx dial.Tx) error {
		for _, d := range tracked {
			if d.Table.Name != name {
				continue
			}
			if err := catalogue.RequestCatchUp(ctx, tx, source.ID, name, "it was held", source.Applied, skip, d.Table); err != nil {
				return err
			}
		}
		if err := catalogue.Exclude(ctx, tx, source.ID, name, catalogue.Excluded, "it is held", source.Applied); err != nil {
			return err
		}
		if err := catalogue.DropDefinitions(ctx, tx, source.ID, name); err != nil {
			return err
		}
		return catalogue.SealVersions(ctx, tx, source.ID, event.Position{}, time.Time{}, catalogue.EndedVersions)
	})
	if err != nil {
		r.t.Fatal(err)
	}
}
