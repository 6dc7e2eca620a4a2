package copier_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"pgchameleon/internal/change"
	"pgchameleon/internal/copier"
	"pgchameleon/internal/mapping"
	"pgchameleon/internal/schema"
	"pgchameleon/internal/source/dial"
	"pgchameleon/internal/source/inspect"
	"pgchameleon/internal/status"
	target "pgchameleon/internal/target/dial"
	"pgchameleon/internal/target/write"
	"pgchameleon/internal/testserver"
)

func TestMain(m *testing.M) { testserver.Main(m) }

// pair is a source database, a target database and a copier between them.
type pair struct {
	t        *testing.T
	src, dst *testserver.Server
	from, to string // databases
	rules    mapping.Rules
	copier   copier.Copier[pgx.Tx]
	ledger   *ledger
	target   *unsure
	log      bytes.Buffer
	reports  []string
	mu       sync.Mutex
}

func newPair(t *testing.T, source string) *pair {
	t.Helper()
	p := &pair{t: t, src: testserver.Shared(t, source), dst: testserver.Shared(t, testserver.Target)}
	p.from, p.to = p.src.Database(t, "copy"), p.dst.Database(t, "copy")
	p.dst.Exec(t, p.to, strings.Split(ledgerSQL, ";")...)
	pool, err := target.Pool(context.Background(), target.Config{Host: p.dst.Host, Port: uint16(p.dst.Port), User: p.dst.User, Database: p.to, SSLMode: "disable"}, 12) // #nosec G115 -- a port
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	config := dial.Config{Host: p.src.Host, Port: uint16(p.src.Port), User: p.src.User, SSLMode: dial.Disable} // #nosec G115 -- a port
	conn, err := dial.Connect(context.Background(), config, "")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	server, err := inspect.Facts(context.Background(), conn)
	if err != nil {
		t.Fatal(err)
	}
	p.rules = mapping.Rules{Schemas: map[string]string{p.from: "web"}}
	log := slog.New(slog.NewTextHandler(&locked{w: &p.log}, nil))
	p.ledger = &ledger{pool: pool}
	p.target = &unsure{Loader: &write.Loader{Pool: pool, Builders: 2, Log: log, Ours: func(string, string) bool { return true }}}
	p.copier = copier.Copier[pgx.Tx]{Source: &origin{config, server}, Target: p.target, Ledger: p.ledger, Options: copier.Options{
		Threads: 3, ChunkBytes: 8000, Patience: 30 * time.Second, Log: log, Now: time.Now, Render: render,
		Map: func(s *schema.Table) (*mapping.Table, error) { return p.rules.Table(s) },
		Report: func(name schema.Name, index string, err error) {
			p.mu.Lock()
			defer p.mu.Unlock()
			p.reports = append(p.reports, fmt.Sprintf("%s %s: %v", name.Table, index, err))
		},
	}}
	return p
}

type locked struct {
	mu sync.Mutex
	w  *bytes.Buffer
}

func (l *locked) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(b)
}

// tasks lists the source's tables as they are now.
func (p *pair) tasks() []copier.Task {
	p.t.Helper()
	s, err := p.copier.Source.Connect(context.Background())
	if err != nil {
		p.t.Fatal(err)
	}
	defer s.Close()
	tables, err := inspect.Tables(context.Background(), s.(*session).Conn(), p.from)
	if err != nil {
		p.t.Fatal(err)
	}
	var tasks []copier.Task
	for _, info := range tables {
		definition, err := s.Definition(context.Background(), info.Name)
		if err != nil {
			p.t.Fatal(err)
		}
		mapped, err := p.rules.Table(definition)
		if err != nil {
			p.t.Fatal(err)
		}
		tasks = append(tasks, copier.Task{Table: mapped, Rows: int64(info.Rows), Bytes: int64(info.Bytes)}) // #nosec G115 -- estimates
	}
	return tasks
}

// run copies, and gives the result.
func (p *pair) run(ctx context.Context) (copier.Result, *status.Board, error) {
	p.t.Helper()
	board := &status.Board{}
	c := p.copier
	c.Board = board
	tasks := p.tasks()
	var tables []*mapping.Table
	for _, task := range tasks {
		tables = append(tables, task.Table)
	}
	if err := p.target.Prepare(context.Background(), tables); err != nil {
		p.t.Fatal(err)
	}
	result, err := c.Run(ctx, tasks)
	return result, board, err
}

func (p *pair) mustRun() (copier.Result, *status.Board) {
	p.t.Helper()
	result, board, err := p.run(context.Background())
	if err != nil {
		p.t.Fatalf("%v\n%s", err, p.log.String())
	}
	return result, board
}

// insert fills a table with n rows made by a function.
func (p *pair) insert(table string, n int, row func(i int) string) {
	p.t.Helper()
	for from := 0; from < n; from += 1000 {
		var values []string
		for i := from; i < min(n, from+1000); i++ {
			values = append(values, "("+row(i)+")")
		}
		p.src.Exec(p.t, p.from, "INSERT INTO `"+table+"` VALUES "+strings.Join(values, ","))
	}
	p.src.Query(p.t, p.from, "ANALYZE TABLE `"+table+"`")
}

// content reads a whole table as sorted text.
func content(t *testing.T, s *testserver.Server, db, table string) []string {
	t.Helper()
	var lines []string
	for _, row := range s.Query(t, db, "SELECT * FROM "+table) {
		lines = append(lines, strings.Join(row, "\x1f"))
	}
	slices.Sort(lines)
	return lines
}

func (p *pair) equal(tables ...string) {
	p.t.Helper()
	for _, table := range tables {
		want, got := content(p.t, p.src, p.from, "`"+table+"`"), content(p.t, p.dst, p.to, `web."`+table+`"`)
		if !slices.Equal(want, got) {
			p.t.Errorf("table %s: the source has %d rows, the target %d, and they are not the same", table, len(want), len(got))
		}
	}
}

var several = []string{"big", "pairs", "words", "loose", "none", "one"}

// fill makes tables with all sorts of keys.
func (p *pair) fill() {
	p.t.Helper()
	p.src.Exec(p.t, p.from,
		"CREATE TABLE big (id INT NOT NULL, a VARCHAR(100), b INT, PRIMARY KEY (id)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4",
		"CREATE TABLE pairs (a INT NOT NULL, b VARCHAR(30) NOT NULL, c VARCHAR(100), PRIMARY KEY (a, b)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4",
		"CREATE TABLE words (w VARCHAR(50) NOT NULL, n INT, PRIMARY KEY (w)) ENGINE=InnoDB DEFAULT CHARSET=latin1",
		"CREATE TABLE loose (a INT, b VARCHAR(50)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4",
		"CREATE TABLE none (id INT NOT NULL, PRIMARY KEY (id)) ENGINE=InnoDB", "CREATE TABLE one (id INT NOT NULL, PRIMARY KEY (id)) ENGINE=InnoDB")
	p.insert("big", 4000, func(i int) string { return fmt.Sprintf("%d, REPEAT('é\\t\\\\', %d), %d", i*7, i%20, i%3) })
	p.insert("pairs", 1500, func(i int) string { return fmt.Sprintf("%d, 'k''%d', 'text\\n%d'", i%7, i, i) })
	p.insert("words", 1500, func(i int) string { return fmt.Sprintf("'wörd %d', NULL", i) })
	p.insert("loose", 900, func(i int) string { return fmt.Sprintf("%d, 'same'", i%3) })
	p.insert("one", 1, func(int) string { return "7" })
}

func TestTablesAreCopied(t *testing.T) {
	for _, source := range []string{"mariadb-10.11", "mysql-9.7"} {
		t.Run(source, func(t *testing.T) {
			p := newPair(t, source)
			p.fill()
			result, board := p.mustRun()
			if len(result.Swapped) != len(several) || len(result.Failed) != 0 {
				t.Errorf("the result is %+v\n%s", result, p.log.String())
			}
			p.equal(several...)
			for _, line := range board.Tables() {
				progress := line.Progress(time.Now())
				if rows := p.dst.Query(t, p.to, `SELECT count(*) FROM web."`+strings.TrimPrefix(progress.Name, p.from+".")+`"`); progress.Phase != status.Done || rows[0][0] != fmt.Sprint(progress.Rows) {
					t.Errorf("the board says %+v, there are %v rows", progress, rows)
				}
			}
			if chunks := p.dst.Query(t, p.to, "select name, count(*) from ledger.chunks where chunk ->> 'Rows' <> '0' group by 1 having count(*) > 4"); len(chunks) < 3 {
				t.Errorf("tables of many chunks: %v", chunks)
			}
			if marks := p.dst.Query(t, p.to, "select count(*) from ledger.states where state -> 'Low' ->> 'flavor' <> '' and state -> 'High' ->> 'flavor' <> '' and state ->> 'Step' = 'swapped'"); marks[0][0] != fmt.Sprint(len(several)) {
				t.Errorf("%v tables have both marks", marks)
			}
			again, _ := p.mustRun() // there is nothing to do
			if len(again.Swapped) != len(several) || p.ledger.saved == 0 {
				t.Errorf("the second result is %+v", again)
			}
			p.equal(several...)
		})
	}
}

// A copy that ends anywhere goes on there, and nothing is copied twice.
func TestACopyGoesOnWhereItWasEnded(t *testing.T) {
	seed := uint64(time.Now().UnixNano()) // #nosec G115 -- a seed
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 1))
	p := newPair(t, testserver.Source)
	p.fill()
	why := errors.New("killed")
	runs := 0
	for ended := false; !ended; runs++ {
		ctx, cancel := context.WithCancelCause(context.Background())
		left := atomic.Int64{}
		left.Store(int64(1 + r.IntN(8)))
		if runs < 20 {
			p.ledger.after = func(pgx.Tx, *mapping.Table, copier.Chunk) error {
				if left.Add(-1) == 0 {
					cancel(why)
				}
				return nil
			}
		} else {
			p.ledger.after = nil
		}
		_, _, err := p.run(ctx)
		cancel(nil)
		if err != nil && !errors.Is(err, why) {
			t.Fatalf("run %d: %v\n%s", runs, err, p.log.String())
		}
		ended = err == nil
	}
	if runs < 5 {
		t.Errorf("only %d runs were ended", runs)
	}
	p.equal(several...)
	if sums := p.dst.Query(t, p.to, "select name, sum((chunk ->> 'Rows')::int) from ledger.chunks group by 1 order by 2 desc limit 1"); sums[0][1] != "4000" {
		t.Errorf("recorded rows: %v", sums)
	}
}

// Connections break on both sides, and commits happen that nobody hears of.
func TestACopySurvivesLostConnections(t *testing.T) {
	seed := uint64(time.Now().UnixNano()) // #nosec G115 -- a seed
	t.Logf("seed %d", seed)
	p := newPair(t, testserver.Source)
	p.fill()
	p.target.rand, p.target.odds = rand.New(rand.NewPCG(seed, 2)), 6
	var count atomic.Int64
	p.ledger.after = func(tx pgx.Tx, _ *mapping.Table, _ copier.Chunk) error {
		switch n := count.Add(1); {
		case n%9 == 4: // this very session, before it commits
			_, err := tx.Exec(context.Background(), "select pg_terminate_backend(pg_backend_pid())")
			return target.Classify(err)
		case n%9 == 7: // those of all workers on the source
			for _, row := range p.src.Query(t, "", "SHOW PROCESSLIST") {
				if strings.Contains(strings.Join(row, " "), "`"+p.from+"`") && !strings.Contains(row[7], "PROCESSLIST") {
					p.kill(row[0])
				}
			}
		}
		return nil
	}
	result, board := p.mustRun()
	if len(result.Failed) != 0 {
		t.Fatalf("%+v\n%s", result, p.log.String())
	}
	p.equal(several...)
	if p.target.lost == 0 || !strings.Contains(p.log.String(), "trying again") {
		t.Error("nothing was lost")
	}
	for _, line := range board.Tables() {
		if progress := line.Progress(time.Now()); progress.Name == p.from+".big" && progress.Rows != 4000 {
			t.Errorf("the board counts %d rows", progress.Rows)
		}
	}
}

// kill ends a session of the source, if it is still there.
func (p *pair) kill(id string) {
	s, err := p.copier.Source.Connect(context.Background())
	if err != nil {
		return
	}
	defer s.Close()
	_ = dial.Exec(context.Background(), s.(*session).Conn(), "KILL "+id)
}

func TestRefusedRowsAreKeptApart(t *testing.T) {
	p := newPair(t, testserver.Source)
	p.fill()
	checks := map[string]string{"big": "length(a) <= 57", "words": "length(w) <= 8", "loose": "b <> 'same'"} // 3 * 19 = 57 characters fit
	p.copier.Render = func(table *mapping.Table) copier.Statements {
		s := render(table)
		if check := checks[table.Name]; check != "" {
			s.Create = append(s.Create, "alter table "+table.In(write.LoadingSchema(table.Schema)).Ident()+" add check ("+check+")")
		}
		return s
	}
	p.src.Exec(t, p.from, "UPDATE big SET a = REPEAT('x', 58) WHERE id IN (7, 14, 2800, 27993)")
	result, _ := p.mustRun()
	if len(result.Failed) != 0 {
		t.Fatalf("%+v\n%s", result, p.log.String())
	}
	got := p.dst.Query(t, p.to, `select (select count(*) from web.big), (select count(*) from web.words), (select count(*) from web.loose),
		(select string_agg(split_part(row_data, e'\t', 1), ' ' order by split_part(row_data, e'\t', 1)::int) from ledger.discarded where name like '%.big'),
		(select count(*) from ledger.discarded where name like '%.words'), (select count(*) from ledger.discarded where name like '%.loose'),
		(select sum((chunk ->> 'Discarded')::int) from ledger.chunks)`)
	if text := strings.Join(got[0], "|"); text != "3996|1000|0|7 14 2800 27993|500|900|1404" {
		t.Errorf("loaded and refused: %s", text)
	}
}

func TestWhatRulesDidToValuesIsCounted(t *testing.T) {
	p := newPair(t, testserver.Source)
	p.src.Exec(t, p.from, "CREATE TABLE days (id INT NOT NULL, d DATE, PRIMARY KEY (id)) ENGINE=InnoDB")
	p.src.Exec(t, p.from, "SET SESSION sql_mode=''", "INSERT INTO days VALUES (1, '0000-00-00'), (2, '2024-02-30'), (3, '0000-00-00'), (4, '2024-01-01')")
	p.src.Exec(t, p.from, "DELETE FROM days WHERE id = 2")
	p.mustRun()
	if got := p.dst.Query(t, p.to, "SELECT count(*), count(d) FROM web.days"); got[0][0] != "3" || got[0][1] != "1" {
		t.Errorf("rows and dates: %v", got)
	}
	if p.ledger.notes["d: zero date"] != 2 {
		t.Errorf("counted: %v", p.ledger.notes)
	}
}

func TestATableThatChangesBeginsAnew(t *testing.T) {
	p := newPair(t, testserver.Source)
	p.fill()
	changes := []string{"ALTER TABLE big ADD COLUMN d INT DEFAULT 5", "ALTER TABLE pairs DROP COLUMN c"}
	var once sync.Map
	p.ledger.after = func(_ pgx.Tx, table *mapping.Table, _ copier.Chunk) error {
		for _, sql := range changes {
			if strings.Contains(sql, " "+table.Name+" ") {
				if _, before := once.LoadOrStore(sql, true); !before {
					p.src.Exec(t, p.from, sql)
				}
			}
		}
		return nil
	}
	result, _ := p.mustRun()
	if len(result.Failed) != 0 {
		t.Fatalf("%+v\n%s", result, p.log.String())
	}
	p.equal(several...)
	if !strings.Contains(p.log.String(), "begins anew") {
		t.Error("nothing began anew")
	}
}

func TestOneTableDoesNotCostTheOthers(t *testing.T) {
	p := newPair(t, testserver.Source)
	p.fill()
	p.copier.Render = func(table *mapping.Table) copier.Statements {
		s := render(table)
		switch table.Name {
		case "pairs":
			s.Create = append(s.Create, "create nonsense")
		case "words":
			s.Finish = append(s.Finish, "alter nonsense")
		case "big":
			s.Indexes = append(s.Indexes, change.Index{Name: "bad", SQL: "create index bad on nowhere (x)"})
		case "loose":
			s.Indexes = append(s.Indexes, change.Index{Name: "later", SQL: "create unique index later on web.loose (a)", Delay: true})
		}
		return s
	}
	p.ledger.after = func(_ pgx.Tx, table *mapping.Table, _ copier.Chunk) error {
		if table.Name == "one" {
			p.src.Exec(t, p.from, "DROP TABLE one")
		}
		return nil
	}
	result, board := p.mustRun()
	if len(result.Failed) != 3 || len(result.Swapped) != 3 {
		t.Fatalf("%+v\n%s", result, p.log.String())
	}
	p.equal("big", "loose", "none")
	if len(p.reports) != 4 {
		t.Errorf("reported: %s", strings.Join(p.reports, "\n"))
	}
	for _, line := range board.Tables() {
		if progress := line.Progress(time.Now()); progress.Name == p.from+".words" && progress.Phase != status.Failed {
			t.Errorf("the board says %+v", progress)
		}
	}
	if got := p.dst.Query(t, p.to, "select state -> 'Pending' -> 0 ->> 'name' from ledger.states where name like '%.loose'"); got[0][0] != "later" {
		t.Errorf("pending: %v", got)
	}
	// The next run begins the failed ones anew.
	p.copier.Render, p.ledger.after = render, nil
	if result, _ := p.mustRun(); len(result.Failed) != 0 {
		t.Errorf("%+v", result)
	}
	p.equal("big", "loose", "none", "pairs", "words")
}

func TestTheLossOfTheLeaseEndsTheCopy(t *testing.T) {
	p := newPair(t, testserver.Source)
	p.fill()
	p.ledger.after = func(pgx.Tx, *mapping.Table, copier.Chunk) error { return fmt.Errorf("%w: fenced", copier.ErrStop) }
	if _, _, err := p.run(context.Background()); !errors.Is(err, copier.ErrStop) {
		t.Errorf("the copy ends with %v", err)
	}
	if got := p.dst.Query(t, p.to, "select count(*) from ledger.chunks"); got[0][0] != "0" {
		t.Errorf("%v chunks were recorded", got)
	}
}

func TestNoTables(t *testing.T) {
	p := newPair(t, testserver.Source)
	if result, _ := p.mustRun(); len(result.Swapped)+len(result.Failed) != 0 {
		t.Errorf("%+v", result)
	}
}

func TestARowOf64MB(t *testing.T) {
	p := newPair(t, testserver.Source)
	large := testserver.Private(t, testserver.Source, "--max-allowed-packet=256M", "--innodb-log-file-size=512M")
	p.src, p.from = large, large.Database(t, "copy")
	p.rules.Schemas = map[string]string{p.from: "web"}
	p.copier.Source.(*origin).config.Port = uint16(large.Port) // #nosec G115 -- a port
	p.src.Exec(t, p.from, "CREATE TABLE texts (id INT NOT NULL, b LONGTEXT, PRIMARY KEY (id)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4",
		"CREATE TABLE blobs (id INT NOT NULL, b LONGBLOB, PRIMARY KEY (id)) ENGINE=InnoDB",
		"INSERT INTO texts VALUES (1, REPEAT('ab\\n\\\\', 16777216)), (2, 'x')", "INSERT INTO blobs VALUES (1, REPEAT(x'00ff5c0a', 16777216)), (2, 'x')")
	if result, _ := p.mustRun(); len(result.Failed) != 0 {
		t.Fatalf("%+v", result)
	}
	for _, table := range []string{"texts", "blobs"} {
		want, got := p.src.Query(t, p.from, "SELECT id, LENGTH(b), MD5(b) FROM "+table+" ORDER BY id"), p.dst.Query(t, p.to, "SELECT id, length(b), md5(b) FROM web."+table+" ORDER BY id")
		if fmt.Sprint(want) != fmt.Sprint(got) {
			t.Errorf("%s: %v here, %v there", table, want, got)
		}
	}
}
