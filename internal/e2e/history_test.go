package e2e

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pgchameleon/internal/catalogue"
	"pgchameleon/internal/event"
	"pgchameleon/internal/schema"
	"pgchameleon/internal/source/binlog"
	"pgchameleon/internal/target/dial"
	"pgchameleon/internal/testserver"
)

// trackedThen is what the catalogue tracked at a position.
type trackedThen struct {
	statement string
	position  event.Position
	tables    []*schema.Table
	collation string
}

func (r *replica) trackedNow(statement string) trackedThen {
	r.t.Helper()
	rows := r.target(`SELECT l.t_position,
		(SELECT jsonb_agg(jsb_definition ORDER BY t_source_schema COLLATE "C", t_source_table COLLATE "C") FROM sch_chameleon.t_definitions),
		(SELECT jsb_definition ->> 'collation' FROM sch_chameleon.t_schema_versions WHERE t_source_table = '' AND t_until IS NULL)
		FROM sch_chameleon.t_last_replayed AS l`)
	then := trackedThen{statement: statement, collation: rows[0][2]}
	var err error
	if then.position, err = event.DecodePosition(rows[0][0]); err == nil {
		err = json.Unmarshal([]byte(rows[0][1]), &then.tables)
	}
	if err != nil {
		r.t.Fatal(err)
	}
	return then
}

func (r *replica) catalogue() *dial.Conn {
	r.t.Helper()
	conn, err := dial.Connect(r.t.Context(), dial.Config{Host: r.dst.Host, Port: uint16(r.dst.Port), User: r.dst.User, Database: r.database, SSLMode: "disable"})
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { _ = conn.Close(r.t.Context()) })
	return conn
}

// randomDDL gives a statement about one of a few tables, most of which exist.
func randomDDL(random *rand.Rand, database string, step int) string {
	table := func() string { return fmt.Sprint("h", random.IntN(4)) }
	column := fmt.Sprint("c", step)
	switch random.IntN(9) {
	case 0:
		return fmt.Sprintf("CREATE TABLE IF NOT EXISTS %s (id INT PRIMARY KEY, v VARCHAR(10))", table())
	case 1:
		return fmt.Sprintf("DROP TABLE IF EXISTS %s", table())
	case 2:
		name := table()
		return fmt.Sprintf("RENAME TABLE %[1]s TO r%[2]d, %[3]s TO %[1]s, r%[2]d TO %[3]s", name, step, table())
	case 3:
		return fmt.Sprintf("ALTER DATABASE `%s` CHARACTER SET %s", database, []string{"latin1", "utf8mb4", "cp1251"}[random.IntN(3)])
	case 4:
		return fmt.Sprintf("ALTER TABLE %s MODIFY v VARCHAR(%d)", table(), 10+random.IntN(200))
	case 5:
		return fmt.Sprintf("TRUNCATE TABLE %s", table())
	case 6:
		return fmt.Sprintf("CREATE INDEX i%d ON %s (v)", step, table())
	default:
		return fmt.Sprintf("ALTER TABLE %s ADD %s INT NOT NULL DEFAULT %d", table(), column, step)
	}
}

// The schema of each position that was applied can be had back, and is what was tracked there.
func TestTheSchemaOfEachPositionOnServers(t *testing.T) {
	t.Parallel()
	for _, name := range []string{testserver.Source, "mysql-9.7"} {
		t.Run(name, func(t *testing.T) {
			seed := uint64(time.Now().UnixNano())
			t.Logf("seed %d", seed)
			random := rand.New(rand.NewPCG(seed, 1))
			r := newReplica(t, testserver.Shared(t, name), testserver.Shared(t, testserver.Target), options{})
			for i := range 3 {
				r.source(fmt.Sprintf("CREATE TABLE h%d (id INT PRIMARY KEY, v VARCHAR(10))", i))
			}
			r.init()
			r.start()
			r.caughtUp()
			then := []trackedThen{r.trackedNow("the copy")}
			for i := range 40 {
				if i == 20 { // a restart takes what is stored, not what the source says now
					r.stop()
					r.source(fmt.Sprintf("ALTER DATABASE `%s` CHARACTER SET koi8r", r.marker), "CREATE TABLE meanwhile (v VARCHAR(5))",
						fmt.Sprintf("ALTER DATABASE `%s` CHARACTER SET utf8mb4", r.marker))
					r.start()
					r.caughtUp()
					then = append(then, r.trackedNow("downtime"))
				}
				statement := randomDDL(random, r.marker, i)
				if !r.attempt(statement) {
					continue
				}
				r.caughtUp()
				then = append(then, r.trackedNow(statement))
			}
			r.same()
			r.lookBack(then)
			if got := r.target("SELECT DISTINCT jsb_definition ->> 'charset' FROM sch_chameleon.t_definitions WHERE t_source_table = 'meanwhile'"); got[0][0] != "koi8r" {
				t.Errorf("a table made during the downtime has %v", got)
			}
			if got := r.target("SELECT count(*) FROM sch_chameleon.t_schema_versions WHERE t_from = '' OR t_until = ''"); got[0][0] != "0" {
				t.Errorf("%s versions have no position", got[0][0])
			}
		})
	}
}

// attempt runs a statement that the source may refuse.
func (r *replica) attempt(statement string) bool {
	r.t.Helper()
	conn, err := r.src.Connect(r.t.Context(), r.marker)
	if err != nil {
		r.t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	return conn.Exec(r.t.Context(), statement) == nil
}

// lookBack compares what was tracked at positions with what the history has of them.
func (r *replica) lookBack(then []trackedThen) {
	r.t.Helper()
	conn := r.catalogue()
	source, err := catalogue.Find(r.t.Context(), conn, "mysql")
	if err != nil {
		r.t.Fatal(err)
	}
	for _, x := range then {
		tracker, err := binlog.NewTracker(x.position)
		if err != nil {
			r.t.Fatal(err)
		}
		set, err := catalogue.SchemaAt(r.t.Context(), conn, source.ID, false, tracker.Reached)
		if err != nil {
			r.t.Fatal(err)
		}
		if diff := cmp.Diff(x.tables, set.Tables()); diff != "" {
			r.t.Errorf("after %s at %s the schema is another: %s", x.statement, x.position, diff)
		}
		if got := set.Database(r.marker); got != x.collation {
			r.t.Errorf("after %s at %s the collation is %q, not %q", x.statement, x.position, got, x.collation)
		}
		if !strings.HasPrefix(x.statement, "the copy") && set.Len() == 0 {
			r.t.Errorf("after %s there are no tables", x.statement)
		}
	}
}
