package inspect_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgchameleon/internal/target/dial"
	"pgchameleon/internal/target/inspect"
	"pgchameleon/internal/testserver"
)

func TestMain(m *testing.M) { testserver.Main(m) }

// onEach runs a test in a fresh database of each server.
func onEach(t *testing.T, do func(t *testing.T, s *testserver.Server, c dial.Config)) {
	for _, name := range []string{"postgres-15", "postgres-18"} {
		t.Run(name, func(t *testing.T) {
			s := testserver.Shared(t, name)
			do(t, s, dial.Config{Host: s.Host, Port: uint16(s.Port), User: s.User, Database: s.Database(t, "inspect"), SSLMode: "disable"})
		})
	}
}

func connect(t *testing.T, c dial.Config) *dial.Conn {
	t.Helper()
	conn, err := dial.Connect(t.Context(), c)
	must(t, err)
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestFactsAndRights(t *testing.T) {
	onEach(t, func(t *testing.T, s *testserver.Server, c dial.Config) {
		role := "inspect_" + strings.ReplaceAll(strings.ReplaceAll(s.Name, "-", "_"), ".", "_")
		s.Exec(t, c.Database, "CREATE ROLE "+role+" LOGIN", `CREATE SCHEMA "o'ne"`, "CREATE SCHEMA two AUTHORIZATION "+role,
			`GRANT USAGE ON SCHEMA "o'ne" TO `+role)
		t.Cleanup(func() {
			s.Exec(t, c.Database, "DROP OWNED BY "+role)
			s.Exec(t, "", "DROP ROLE "+role)
		})
		facts, err := inspect.Facts(t.Context(), connect(t, c))
		must(t, err)
		if fmt.Sprint(facts.Version/10000) != strings.TrimPrefix(s.Name, "postgres-") || facts.Database != c.Database || facts.User != s.User ||
			!facts.Superuser || !facts.CreateIn || facts.ReadOnly || facts.Encoding != "UTF8" || facts.Extensions["plpgsql"] != "pg_catalog" ||
			facts.PostGIS() || facts.PGVector() || !slices.Contains(facts.SearchPath, "public") {
			t.Errorf("the facts are %+v", facts)
		}

		c.User = role
		conn := connect(t, c)
		facts, err = inspect.Facts(t.Context(), conn)
		must(t, err)
		if facts.Superuser || facts.CreateIn || !facts.Temporary {
			t.Errorf("the rights are %+v", facts)
		}
		schemas, err := inspect.Schemas(t.Context(), conn, "two", "o'ne", "none")
		must(t, err)
		want := []inspect.Schema{
			{Name: "two", Exists: true, Owner: role, Owned: true, Create: true, Usage: true},
			{Name: "o'ne", Exists: true, Owner: s.User, Usage: true},
			{Name: "none"},
		}
		if !slices.Equal(schemas, want) {
			t.Errorf("the schemas are %+v", schemas)
		}
		_, err = conn.Exec(t.Context(), "SET default_transaction_read_only = on")
		must(t, err)
		if facts, err = inspect.Facts(t.Context(), conn); err != nil || !facts.ReadOnly {
			t.Errorf("a read-only target is %+v, %v", facts, err)
		}
	})
}

func TestExtensionsCountWhereTheirNamesAreFound(t *testing.T) {
	s := inspect.Server{Extensions: map[string]string{"postgis": "gis", "vector": "public"}, SearchPath: []string{"pg_catalog", "public"}}
	if s.PostGIS() || !s.PGVector() {
		t.Error("the types of postgis cannot be used, those of vector can")
	}
}

func TestRelations(t *testing.T) {
	onEach(t, func(t *testing.T, s *testserver.Server, c dial.Config) {
		s.Exec(t, c.Database, "CREATE SCHEMA a", "CREATE TABLE a.t (id serial PRIMARY KEY)", "CREATE VIEW a.v AS SELECT * FROM a.t",
			"CREATE MATERIALIZED VIEW a.m AS SELECT 1 AS x", "CREATE TYPE a.e AS ENUM ('x')", "CREATE TABLE a.p (x int) PARTITION BY RANGE (x)",
			"CREATE TABLE public.elsewhere (x int)", "CREATE DOMAIN a.d AS int")
		list, err := inspect.Relations(t.Context(), connect(t, c), "a", "missing")
		must(t, err)
		var got []string
		for _, r := range list {
			got = append(got, fmt.Sprintf("%s.%s %s", r.Schema, r.Name, r.Kind))
			if !r.Owned || r.OID == 0 || r.Owner != s.User {
				t.Errorf("a relation is %+v", r)
			}
		}
		want := []string{
			"a.d type", "a.e type", "a.m materialized view", "a.p partitioned table", "a.t table", "a.t_id_seq sequence", "a.t_pkey index", "a.v view",
		}
		if !slices.Equal(got, want) {
			t.Errorf("the relations are %q", got)
		}
	})
}
