package ddl_test

import (
	"context"
	"os"
	"regexp"
	"strings"
	"testing"

	"pgchameleon/internal/ddl"
	"pgchameleon/internal/ddl/parse"
	"pgchameleon/internal/event"
	"pgchameleon/internal/schema"
	"pgchameleon/internal/testserver"
)

// proven is a line of parse/testdata/proven.tsv.
type proven struct {
	id, servers, mode string
	parked            bool // the table may be parked instead
	setup             []string
	sql               string
}

// readProven reads the statements that the servers prove, for a database and
// another one beside it.
func readProven(t testing.TB, database, other string) (list []proven) {
	t.Helper()
	text, err := os.ReadFile("parse/testdata/proven.tsv")
	if err != nil {
		t.Fatal(err)
	}
	named := map[string]string{}
	replace := strings.NewReplacer("{db}", database, "{other}", other, "{lf}", "\n", "{cr}", "\r", "{tab}", "\t", "{ff}", "\f", "{vt}", "\v")
	for _, line := range strings.Split(string(text), "\n") {
		if line == "" || line[0] == '#' {
			continue
		}
		field := strings.Split(line, "\t")
		if field[0][0] == '@' {
			named[field[0]] = field[1]
			continue
		}
		if len(field) != 6 {
			t.Fatalf("not six fields: %q", line)
		}
		s := proven{id: field[0], servers: field[1], mode: strings.Trim(field[2], "-"), parked: field[3] == "parked", sql: replace.Replace(field[5])}
		setup, more, _ := strings.Cut(strings.TrimPrefix(field[4], "-"), " ;; ")
		if named[setup] != "" {
			setup = named[setup]
		}
		for _, part := range strings.Split(setup+" ;; "+more, " ;; ") {
			if part != "" {
				s.setup = append(s.setup, replace.Replace(part))
			}
		}
		list = append(list, s)
	}
	return list
}

// on says whether a server is one of those that read the statement.
func (s proven) on(server string) bool {
	flavor, _, _ := strings.Cut(server, "-")
	for _, name := range strings.Split(s.servers, ",") {
		switch name {
		case "all", server:
			return true
		case "both":
			return server != "mysql-5.6"
		case flavor:
			return server != "mysql-5.6"
		}
	}
	return false
}

// modes are the bits of the names of sql_mode that a statement's reading depends on.
var modes = map[string]uint64{
	"ANSI_QUOTES": parse.AnsiQuotes, "NO_BACKSLASH_ESCAPES": parse.NoBackslashEscapes, "REAL_AS_FLOAT": parse.RealAsFloat,
	"ORACLE": parse.Oracle | parse.AnsiQuotes, "MSSQL": 1<<10 | parse.AnsiQuotes, "MAXDB": 1<<12 | parse.AnsiQuotes, "STRICT_ALL_TABLES": 1 << 22, "": 0,
	"HIGH_NOT_PRECEDENCE": 1 << 29, "PIPES_AS_CONCAT": parse.PipesAsConcat, "IGNORE_SPACE": 1 << 3, "IGNORE_BAD_TABLE_OPTIONS": 1 << 4,
}

// Every statement of the file is one that its servers run. What we track after it
// is what they show, and PostgreSQL has what a copy would have made.
func TestProvenStatements(t *testing.T) {
	for _, server := range []string{testserver.Source, "mariadb-11.8", "mysql-9.7", "mysql-5.6"} {
		t.Run(server, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, server)
			b.dialect.ImplicitTimestamps = server == "mysql-5.6"
			other := testserver.Shared(t, server).Database(t, "other")
			used := true // the databases hold more than tables
			for _, s := range readProven(t, b.database, other) {
				if s.on(server) {
					t.Run(s.id, func(t *testing.T) {
						b.t = t
						if used {
							b.renew(other)
						}
						b.prove(s)
					})
					used = objects.MatchString(s.sql+strings.Join(s.setup, ";")) || strings.Contains(s.sql+strings.Join(s.setup, ";"), other)
				}
			}
			b.t = t
		})
	}
}

// objects are what a statement may make beside tables, or change of a database.
var objects = regexp.MustCompile(`(?i)DATABASE|SCHEMA|VIEW|TRIGGER|PROCEDURE|FUNCTION|PACKAGE|EVENT|SEQUENCE`)

// renew makes the source's databases anew.
func (b *bench) renew(other string) {
	b.must(b.source, "SET NAMES utf8mb4", "SET foreign_key_checks = 0", "DROP DATABASE IF EXISTS `"+b.database+"_x`", "DROP DATABASE `"+other+"`", "CREATE DATABASE `"+other+"`",
		"DROP DATABASE `"+b.database+"`", "CREATE DATABASE `"+b.database+"` CHARACTER SET utf8mb4", "USE `"+b.database+"`")
}

// prove runs one statement there, in a session of its own, and follows it here.
func (b *bench) prove(s proven) {
	b.t.Helper()
	b.empty("evolved", "fresh")
	run := session(b.t, testserver.Shared(b.t, b.name), b.database)
	b.must(run, "SET NAMES utf8mb4", "SET time_zone = '+00:00'")
	b.must(run, s.setup...)
	set := b.set()
	b.copy(set, "evolved")
	inside := b.query(run, "SELECT coalesce(database(), '')")[0][0]
	b.must(run, "SET sql_mode = '"+s.mode+"'")
	if err := run.Exec(context.Background(), s.sql); err != nil {
		b.t.Fatalf("the server does not run it: %v\n%s", err, s.sql)
	}
	b.must(run, "COMMIT") // of START TRANSACTION
	st := &event.Statement{Schema: inside, SQL: s.sql, TimeZone: "+00:00"}
	for _, name := range strings.Split(s.mode, ",") {
		bit, known := modes[name]
		if !known {
			b.t.Fatalf("sql_mode %s is not known", name)
		}
		st.SQLMode |= bit
	}
	effect, err := ddl.Apply(set, st, b.dialect, b.rules("evolved"))
	if err != nil {
		b.t.Fatalf("%v\n%s", err, s.sql)
	}
	unmoved(effect)
	for _, statement := range effect.SQL {
		if err := b.target.Exec(b.t.Context(), statement); err != nil {
			b.t.Fatalf("%v\n%s\n%s", err, s.sql, strings.Join(effect.SQL, "\n"))
		}
	}
	b.sameAsThere(s, effect)
}

// sameAsThere compares what a statement made, but for parked tables.
func (b *bench) sameAsThere(s proven, effect *ddl.Effect) {
	b.t.Helper()
	next, parked := effect.Next, map[schema.Name]bool{}
	for _, x := range effect.Excluded {
		parked[x.Name] = true
		if !s.parked {
			b.t.Errorf("%s is excluded: %s\n%s", x.Name, x.Reason, s.sql)
		}
		b.must(b.source, "DROP TABLE IF EXISTS `"+x.Name.Table+"`")
		next = next.With([]schema.Name{x.Name})
	}
	b.same(s.sql, next)
	if !b.t.Failed() {
		b.samePostgres([]string{s.sql}, next, parked)
	}
	if want := b.query(b.source, "SELECT default_collation_name FROM information_schema.schemata WHERE schema_name = '%s'", b.database)[0][0]; next.Database(b.database) != want {
		b.t.Errorf("the database's collation is %s, not %s\n%s", next.Database(b.database), want, s.sql)
	}
}
