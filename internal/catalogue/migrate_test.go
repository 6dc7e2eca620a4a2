package catalogue

import (
	"sync"
	"testing"

	"pgchameleon/internal/fault"
	"pgchameleon/internal/target/dial"
)

func TestMakingTheCatalogueTenAtOnce(t *testing.T) {
	onEach(t, func(t *testing.T, p place) {
		var wait sync.WaitGroup
		created := make([]bool, 10)
		errs := make([]error, 10)
		for i := range created {
			conn := p.session(t)
			wait.Go(func() { created[i], errs[i] = Create(t.Context(), conn) })
		}
		wait.Wait()
		count := 0
		for i, err := range errs {
			must(t, err)
			if created[i] {
				count++
			}
		}
		if count != 1 {
			t.Errorf("%d of 10 made the catalogue", count)
		}
		version, program, err := Version(t.Context(), p.conn)
		if err != nil || version != program || version < 1 {
			t.Errorf("version %d, program %d, %v", version, program, err)
		}
		rows := p.query(t, "SELECT count(*), (SELECT t_version FROM sch_chameleon.v_version) FROM sch_chameleon.t_migrations")
		if rows[0][0] != rows[0][1] {
			t.Errorf("%s migrations were recorded, the version is %s", rows[0][0], rows[0][1])
		}
	})
}

func TestVersionsThatDoNotFit(t *testing.T) {
	p := newPlace(t, targets[0])
	ctx := t.Context()
	absent := "is not in the target database"
	_, _, err := Version(ctx, p.conn)
	refuses(t, err, fault.State, absent)
	refuses(t, Migrate(ctx, p.conn), fault.State, absent)
	_, err = Sources(ctx, p.conn)
	refuses(t, err, fault.State, absent)
	if hint := fault.HintOf(err); hint != "make it with: chameleon create_replica_schema" {
		t.Errorf("the hint is %q", hint)
	}
	if dropped, err := Drop(ctx, p.conn); err != nil || dropped {
		t.Errorf("dropping nothing gives %v, %v", dropped, err)
	}

	p.source(t)
	must(t, Migrate(ctx, p.conn))
	if created, err := Create(ctx, p.conn); err != nil || created {
		t.Errorf("making it again gives %v, %v", created, err)
	}
	p.server.Exec(t, p.config.Database, "INSERT INTO sch_chameleon.t_migrations VALUES (4711, 'future')")
	newer := "the catalogue has version 4711"
	refuses(t, Migrate(ctx, p.conn), fault.State, newer)
	_, err = Create(ctx, p.conn)
	refuses(t, err, fault.State, newer)
	_, _, err = Version(ctx, p.conn)
	refuses(t, err, fault.State, newer)

	if dropped, err := Drop(ctx, p.conn); err != nil || !dropped {
		t.Errorf("dropping gives %v, %v", dropped, err)
	}
	p.server.Exec(t, p.config.Database, "CREATE SCHEMA sch_chameleon", "CREATE TABLE sch_chameleon.t_replica_batch (i_id_batch bigint)")
	_, err = Create(ctx, p.conn)
	refuses(t, err, fault.State, "made by pg_chameleon")
	p.server.Exec(t, p.config.Database, "DROP TABLE sch_chameleon.t_replica_batch", "CREATE TABLE sch_chameleon.mine (x int)")
	_, err = Create(ctx, p.conn)
	refuses(t, err, fault.State, "did not make")
	_, err = Drop(ctx, p.conn)
	refuses(t, err, fault.State, "did not make")
}

// A catalogue of the first version is refused with the way out, and brought up to date with
// what is in it.
func TestCatalogueOfAnOlderVersion(t *testing.T) {
	p := newPlace(t, targets[0])
	ctx := t.Context()
	list, err := migrations()
	must(t, err)
	_, err = p.conn.Exec(ctx, historySQL)
	must(t, err)
	_, err = p.conn.Exec(ctx, list[0].sql)
	must(t, err)
	_, err = p.conn.Exec(ctx, appliedSQL, list[0].version, list[0].name)
	must(t, err)
	p.server.Exec(t, p.config.Database, "INSERT INTO sch_chameleon.t_sources (t_source, enm_source_type, jsb_schema_mappings) VALUES ('old', 'mysql', '{\"a\": \"b\"}')",
		"INSERT INTO sch_chameleon.t_last_received (i_id_source) SELECT i_id_source FROM sch_chameleon.t_sources",
		"INSERT INTO sch_chameleon.t_last_replayed (i_id_source) SELECT i_id_source FROM sch_chameleon.t_sources",
		"INSERT INTO sch_chameleon.t_definitions SELECT i_id_source, 'a', 't', '{\"schema\": \"a\", \"table\": \"t\", \"columns\": null}' FROM sch_chameleon.t_sources")
	_, err = Sources(ctx, p.conn)
	refuses(t, err, fault.State, "this program needs version")
	if hint := fault.HintOf(err); hint != "bring it up to date with: chameleon create_replica_schema" {
		t.Errorf("the hint is %q", hint)
	}
	must(t, Migrate(ctx, p.conn))
	source, err := Find(ctx, p.conn, "old")
	must(t, err)
	definitions, err := TrackedSchema(ctx, p.conn, source.ID)
	must(t, err)
	if source.Options != nil || len(definitions) != 1 || definitions[0].Table.Name.Table != "t" || definitions[0].Mapping != nil {
		t.Errorf("the old catalogue holds %+v and %+v", source, definitions)
	}
}

func TestMakingTheCatalogueNeedsThePrivilege(t *testing.T) {
	p := newPlace(t, targets[0])
	p.server.Exec(t, p.config.Database, "CREATE ROLE catalogue_nobody LOGIN")
	t.Cleanup(func() { p.server.Exec(t, "", "DROP ROLE catalogue_nobody") })
	p.config.User = "catalogue_nobody"
	conn := p.session(t)
	_, err := Create(t.Context(), conn)
	refuses(t, err, fault.Environment, "permission denied for database")
	if err := dial.InTx(t.Context(), conn, func(dial.Tx) error { return nil }); err != nil {
		t.Errorf("the session is not usable afterwards: %v", err)
	}
}
