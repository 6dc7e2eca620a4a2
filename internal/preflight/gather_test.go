package preflight

import (
	"context"
	"slices"
	"strings"
	"testing"

	"pgchameleon/internal/catalogue"
	"pgchameleon/internal/event"
	"pgchameleon/internal/fault"
	"pgchameleon/internal/mapping"
	"pgchameleon/internal/schema"
	sourcedial "pgchameleon/internal/source/dial"
	targetdial "pgchameleon/internal/target/dial"
	"pgchameleon/internal/testserver"
)

func TestMain(m *testing.M) { testserver.Main(m) }

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func from(s *testserver.Server, user string) sourcedial.Config {
	return sourcedial.Config{Host: s.Host, Port: uint16(s.Port), User: user, SSLMode: sourcedial.Prefer}
}

func emptyTarget(t *testing.T) (*testserver.Server, targetdial.Config) {
	t.Helper()
	s := testserver.Shared(t, testserver.Target)
	return s, targetdial.Config{Host: s.Host, Port: uint16(s.Port), User: s.User, Database: s.Database(t, "preflight"), SSLMode: "disable"}
}

// limited makes a user without any privilege.
func limited(t *testing.T, s *testserver.Server, name string) string {
	t.Helper()
	account := "'" + name + "'@'%'"
	s.Exec(t, "", "CREATE USER "+account)
	t.Cleanup(func() { s.Exec(t, "", "DROP USER "+account) })
	return account
}

func texts(findings []Finding, severity Severity) []string {
	var list []string
	for _, f := range findings {
		if f.Severity == severity {
			list = append(list, f.Check+": "+f.Text)
		}
	}
	return list
}

// A user gains what is missing by running the remedies, one after the other,
// until nothing is found.
func TestTheRemediesHelp(t *testing.T) {
	_, to := emptyTarget(t)
	for _, name := range []string{"mariadb-10.11", "mariadb-11.8", "mysql-9.7", "mysql-5.6"} {
		t.Run(name, func(t *testing.T) {
			s := testserver.Shared(t, name)
			database := s.Database(t, "pre_%flight`x")
			s.Exec(t, database, "CREATE TABLE keyed (id int PRIMARY KEY)", "CREATE TABLE bare (x int)", "CREATE TABLE old (id int PRIMARY KEY) ENGINE=MyISAM")
			limited(t, s, "pre_poor")
			options := Options{Source: "shop", Rules: mapping.Rules{Schemas: map[string]string{database: "sch_pre"}}, Copy: true}
			var rounds []string
			for range 6 {
				f, err := Gather(t.Context(), from(s, "pre_poor"), to, options)
				must(t, err)
				findings := Run(f)
				if Err(findings) == nil {
					break
				}
				for _, finding := range findings {
					if finding.Severity == Blocking {
						rounds = append(rounds, finding.Text)
						statement := finding.Remedy[strings.Index(finding.Remedy, "GRANT"):]
						s.Exec(t, "", strings.TrimSuffix(statement, ";"))
					}
				}
			}
			all := strings.Join(rounds, "\n")
			for _, want := range []string{"is not on the source", "REPLICATION SLAVE", "ask for the binary log's position", "lock tables"} {
				if strings.Count(all, want) != 1 {
					t.Errorf("%q was found %d times in:\n%s", want, strings.Count(all, want), all)
				}
			}
			f, err := Gather(t.Context(), from(s, "pre_poor"), to, options)
			must(t, err)
			if blocking := texts(Run(f), Blocking); len(blocking) != 0 {
				t.Errorf("at last there is still: %q", blocking)
			}
			if bare := (schema.Name{Schema: database, Table: "bare"}); f.Server.Flavor == event.MySQL && !slices.Equal(f.Keyless, []schema.Name{bare}) {
				t.Errorf("tables without a key are %v", f.Keyless)
			}
		})
	}
}

func TestGrantsOnSingleTables(t *testing.T) {
	_, to := emptyTarget(t)
	s := testserver.Shared(t, testserver.Source)
	database := s.Database(t, "single")
	s.Exec(t, database, "CREATE TABLE a (id int PRIMARY KEY)", "CREATE TABLE b (id int PRIMARY KEY)")
	account := limited(t, s, "pre_single")
	s.Exec(t, database, "GRANT REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO "+account, "GRANT SELECT ON a TO "+account)
	options := Options{Source: "shop", Rules: mapping.Rules{Schemas: map[string]string{database: "sch_pre"}, Limit: []string{database + ".a"}}, Copy: true}
	f, err := Gather(t.Context(), from(s, "pre_single"), to, options)
	must(t, err)
	if blocking := texts(Run(f), Blocking); len(blocking) != 0 {
		t.Errorf("found: %q", blocking)
	}
	s.Exec(t, database, "GRANT INSERT ON b TO "+account)
	options.Rules.Limit = nil
	f, err = Gather(t.Context(), from(s, "pre_single"), to, options)
	must(t, err)
	if blocking := texts(Run(f), Blocking); len(blocking) != 1 || !strings.Contains(blocking[0], "may not read 1 tables") {
		t.Errorf("found: %q", blocking)
	}
}

func TestASourceThatIsSetWrongly(t *testing.T) {
	_, to := emptyTarget(t)
	s := testserver.Private(t, testserver.Source, "--skip-log-bin", "--binlog-format=MIXED", "--binlog-row-image=MINIMAL")
	s.Exec(t, "", "CREATE DATABASE shop", "CREATE TABLE shop.one (id int PRIMARY KEY)")
	f, err := Gather(t.Context(), from(s, s.User), to, Options{
		Source: "shop", Rules: mapping.Rules{Schemas: map[string]string{"shop": "sch", "missing": "sch2"}, Limit: []string{"shop.none"}},
		ServerID: uint32(s.Port), Copy: true,
	})
	must(t, err)
	err = Err(Run(f))
	for _, want := range []string{"log_bin is OFF", "binlog_format is MIXED", "binlog_row_image is MINIMAL", `"missing" of schema_mappings`, `"shop.none"`, "my_server_id"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in: %v", want, err)
		}
	}
	if fault.KindOf(err) != fault.Environment {
		t.Errorf("the kind is %v", fault.KindOf(err))
	}
}

// The target's remedies work like the source's.
func TestATargetThatDoesNotAllow(t *testing.T) {
	server, to := emptyTarget(t)
	s := testserver.Shared(t, testserver.Source)
	database := s.Database(t, "allow")
	s.Exec(t, database, "CREATE TABLE a (id int PRIMARY KEY)", "CREATE TABLE b (id int PRIMARY KEY)")
	server.Exec(t, to.Database, "CREATE ROLE pre_nobody LOGIN", "CREATE SCHEMA sch", "CREATE VIEW sch.a AS SELECT 1")
	t.Cleanup(func() {
		server.Exec(t, to.Database, "DROP OWNED BY pre_nobody")
		server.Exec(t, "", "DROP ROLE pre_nobody")
	})
	admin := to
	to.User = "pre_nobody"
	options := Options{Source: "shop", Rules: mapping.Rules{Schemas: map[string]string{database: "sch"}}, Copy: true}
	f, err := Gather(t.Context(), from(s, s.User), to, options)
	must(t, err)
	findings := Run(f)
	if blocking := texts(findings, Blocking); len(blocking) != 3 || !strings.Contains(blocking[2], `a view "sch"."a" that this program did not make`) {
		t.Fatalf("found: %q", blocking)
	}
	for _, finding := range findings {
		if finding.Check == "target_rights" {
			server.Exec(t, to.Database, finding.Remedy)
		}
	}
	server.Exec(t, to.Database, "ALTER VIEW sch.a RENAME TO report", "CREATE TABLE sch.b (id int)")

	// A table that the catalogue knows as ours may be replaced.
	conn, err := targetdial.Connect(t.Context(), admin)
	must(t, err)
	defer func() { _ = conn.Close(context.Background()) }()
	_, err = catalogue.Create(t.Context(), conn)
	must(t, err)
	registered, err := catalogue.AddSource(t.Context(), conn, "shop", "mysql", options.Rules.Schemas)
	must(t, err)
	must(t, catalogue.PutTables(t.Context(), conn, registered.ID, &catalogue.Table{Schema: "sch", Name: "b", State: catalogue.Replicating, Created: true}))
	_, err = catalogue.AddSource(t.Context(), conn, "other", "mysql", map[string]string{"x": "elsewhere"})
	must(t, err)
	f, err = Gather(t.Context(), from(s, s.User), admin, options)
	must(t, err)
	if blocking := texts(Run(f), Blocking); len(blocking) != 0 || len(f.Others) != 1 {
		t.Errorf("found: %q", blocking)
	}
	options.Rules.Schemas = map[string]string{database: "elsewhere"}
	f, err = Gather(t.Context(), from(s, s.User), admin, options)
	must(t, err)
	if blocking := texts(Run(f), Blocking); len(blocking) != 1 || !strings.Contains(blocking[0], `of source "other"`) {
		t.Errorf("found: %q", blocking)
	}
}
