package e2e

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"pgchameleon/internal/testserver"
	"pgchameleon/internal/testserver/launch"
)

// act is a statement of a session, or one of the things that are done to the program.
type act struct {
	session int
	sql     string // {b} and {c} stand for the other databases
}

const (
	actKill  = "# kill -9 and start again"
	actCheck = "# compare"
)

// path is a walk under way: a replica of two databases beside a third that is not
// replicated, with the program and the sessions.
type path struct {
	*replica
	names    *strings.Replacer // of the databases
	program  *exec.Cmd
	sessions map[int]*launch.Conn
}

// walk follows statements from empty databases on and holds both sides
// against each other at the end.
func walk(t *testing.T, src, dst *testserver.Server, statements func(run func(act) error)) {
	t.Helper()
	a, b, c := src.Database(t, "walk_a"), src.Database(t, "walk_b"), src.Database(t, "walk_c")
	r := newReplica(t, src, dst, options{schemas: map[string]string{a: "walk_a", b: "walk_b"}})
	p := &path{replica: r, names: strings.NewReplacer("{b}", b, "{c}", c), sessions: map[int]*launch.Conn{}}
	r.init()
	p.run()
	defer p.leave()
	statements(func(a act) error {
		switch a.sql {
		case actKill:
			p.kill()
			p.run()
		case actCheck:
			p.check()
		default:
			return p.say(a)
		}
		return nil
	})
	p.end()
	p.check()
	p.sameAsCopied()
}

// run starts the program as a child, whose log stays for a failed test.
func (p *path) run() {
	p.t.Helper()
	log, err := os.OpenFile(filepath.Join(p.home, "logs", "walk.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		p.t.Fatal(err)
	}
	defer func() { _ = log.Close() }()
	p.program = p.command(context.Background(), "start_replica", "--source", "mysql", "--debug")
	p.program.Stdout, p.program.Stderr = log, log
	if err := p.program.Start(); err != nil {
		p.t.Fatal(err)
	}
}

// kill ends the program as a crash would.
func (p *path) kill() {
	p.t.Helper()
	if stopped := p.target("SELECT 1 FROM sch_chameleon.t_sources WHERE enm_status = 'error'"); len(stopped) > 0 {
		p.caughtUp() // tells why
	}
	_ = p.program.Process.Kill()
	_ = p.program.Wait() // killed
}

// say runs a statement in its session.
func (p *path) say(a act) error {
	p.t.Helper()
	conn := p.sessions[a.session]
	if conn == nil {
		var err error
		if conn, err = p.src.Connect(context.Background(), p.marker); err != nil {
			p.t.Fatal(err)
		}
		p.sessions[a.session] = conn
		if err := conn.Exec(context.Background(), "SET SESSION lock_wait_timeout = 1, innodb_lock_wait_timeout = 1, time_zone = '+00:00'"); err != nil {
			p.t.Fatal(err)
		}
	}
	return conn.Exec(context.Background(), p.names.Replace(a.sql))
}

// end lets the sessions end what they have begun.
func (p *path) end() {
	p.t.Helper()
	for session := range p.sessions {
		for _, sql := range []string{"XA END 'walk'", "XA ROLLBACK 'walk'", "COMMIT"} {
			_ = p.say(act{session, sql}) // most have nothing to end
		}
	}
}

func (p *path) leave() {
	p.end()
	for _, sql := range []string{"SET SESSION foreign_key_checks = 0", "DROP DATABASE {b}", "DROP DATABASE {c}"} { // they may be tied to one another
		_ = p.say(act{sql: sql}) // what is wrong is told when the test drops them
	}
	for _, conn := range p.sessions {
		_ = conn.Close()
	}
	_ = p.program.Process.Kill()
	_ = p.program.Wait() // killed
	if *walkLogs != "" && p.t.Failed() {
		text, err := os.ReadFile(filepath.Join(p.home, "logs", "walk.log"))
		if err == nil {
			err = os.WriteFile(filepath.Join(*walkLogs, strings.ReplaceAll(p.t.Name(), "/", "_")+".log"), text, 0o600)
		}
		if err != nil {
			p.t.Log(err)
		}
	}
}

// check waits for the replica and compares.
func (p *path) check() {
	p.t.Helper()
	p.caughtUp()
	if problem := p.settled(); problem != "" {
		p.t.Fatal(problem)
	}
	if problem := p.compare(); problem != "" {
		p.t.Fatal(problem)
	}
}

// settled waits until no table is on its way and tells which cannot be followed,
// though they could be.
func (r *replica) settled() string {
	r.t.Helper()
	r.eventually(limit, func() (bool, string) {
		rows := r.target("SELECT (SELECT count(*) FROM sch_chameleon.v_sources WHERE NOT b_consistent) + (SELECT count(*) FROM sch_chameleon.t_refills)")
		return rows[0][0] == "0", "some tables are on their way"
	})
	r.caughtUp()
	lost := r.target("SELECT t_source_table, t_reason FROM sch_chameleon.t_replica_tables WHERE enm_state IN ('excluded', 'failed') AND t_reason NOT LIKE 'it was renamed to %, which is not replicated%'")
	if len(lost) > 0 {
		return fmt.Sprintf("tables are excluded: %v\n%s", lost, r.must("show_errors", "--source", "mysql"))
	}
	return ""
}

// sameAsCopied holds what the stream has made of the definitions against what a
// copy makes of them now.
func (r *replica) sameAsCopied() {
	r.t.Helper()
	copied := newReplica(r.t, r.src, r.dst, options{schemas: r.schemas})
	copied.init()
	copied.start()
	copied.caughtUp()
	copied.settled()
	copied.stop()
	evolved, fresh := lines(r.target(shapeSQL)), lines(copied.target(shapeSQL))
	missing, extra := difference(fresh, evolved)
	extra = slices.DeleteFunc(extra, ofForeignKey.MatchString)
	if len(missing)+len(extra) > 0 {
		r.t.Errorf("the definitions in PostgreSQL differ\nonly after a copy: %s\nonly in the replica: %s", sample(missing), sample(extra))
	}
}

// ofForeignKey matches an index by the name that the server gives those that it makes for the walk's foreign
// keys. In a table that was copied it is not known for one, and stays when another index takes its place.
var ofForeignKey = regexp.MustCompile(`__f\d+\x1fCREATE INDEX `)

// shapeSQL lists columns, indexes and comments of the replicated tables; the order
// of columns is the one thing that ALTER TABLE cannot carry over.
const shapeSQL = `WITH replicated AS (SELECT format('%I.%I', v_schema_name, v_table_name)::regclass AS oid FROM sch_chameleon.t_replica_tables WHERE enm_state NOT IN ('excluded', 'failed'))
SELECT c.oid::regclass::text, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull::text,
	CASE WHEN pg_get_expr(d.adbin, d.adrelid) LIKE 'nextval(%' THEN 'nextval' ELSE coalesce(pg_get_expr(d.adbin, d.adrelid), '') END, coalesce(col_description(c.oid, a.attnum), ''),
	coalesce((SELECT string_agg(enumlabel, ',' ORDER BY enumsortorder) FROM pg_enum WHERE enumtypid = a.atttypid), '')
FROM pg_class AS c JOIN replicated USING (oid) JOIN pg_attribute AS a ON a.attrelid = c.oid
LEFT JOIN pg_attrdef AS d ON d.adrelid = c.oid AND d.adnum = a.attnum
WHERE a.attnum > 0 AND NOT a.attisdropped
UNION ALL
SELECT i.indrelid::regclass::text, i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid), '', '', '', '' FROM pg_index AS i JOIN replicated ON oid = i.indrelid
UNION ALL
SELECT oid::regclass::text, coalesce(obj_description(oid, 'pg_class'), ''), '', '', '', '', '' FROM replicated`
