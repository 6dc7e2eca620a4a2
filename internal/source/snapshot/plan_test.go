package snapshot

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"pgchameleon/internal/schema"
	"pgchameleon/internal/source/dial"
	"pgchameleon/internal/testserver"
)

// shape is a kind of key, and values to fill a table with.
type shape struct {
	name    string
	columns string // DDL
	key     []schema.Column
	on      string // only on this server
	desc    bool   // the first column is descending
	cut     bool   // chunks can be cut out of it
	values  func(r *rand.Rand, n int) []string
}

func integerColumn(name string) schema.Column {
	return schema.Column{Name: name, NotNull: true, Type: schema.Type{Name: "bigint"}}
}

func textColumn(name, kind, charset string) schema.Column {
	return schema.Column{Name: name, NotNull: true, Type: schema.Type{Name: kind, Charset: charset}}
}

func plainColumn(name, kind string) schema.Column {
	return schema.Column{Name: name, NotNull: true, Type: schema.Type{Name: kind}}
}

var alphabet = []string{"a", "A", "b", "ä", "Ä", "ß", "ss", "é", "z", "Z", "'", `"`, `\`, "%", "_", " ", "-", "ÿ", "0", "10", "9"}

func word(r *rand.Rand, more ...string) string {
	letters := append(slices.Clone(alphabet), more...)
	var b strings.Builder
	for range r.IntN(8) {
		b.WriteString(letters[r.IntN(len(letters))])
	}
	return b.String()
}

func each(f func(r *rand.Rand, i int) string) func(*rand.Rand, int) []string {
	return func(r *rand.Rand, n int) []string {
		values := make([]string, n)
		for i := range values {
			values[i] = f(r, i)
		}
		return values
	}
}

func hex(r *rand.Rand, n int) string {
	var b strings.Builder
	for range n {
		fmt.Fprintf(&b, "%02x", []int{0, 32, 39, 92, 255, r.IntN(256)}[r.IntN(6)])
	}
	return "x'" + b.String() + "'"
}

var shapes = []shape{
	{name: "dense", columns: "id BIGINT, PRIMARY KEY (id)", key: []schema.Column{integerColumn("id")}, cut: true,
		values: each(func(_ *rand.Rand, i int) string { return fmt.Sprint(i + 1) })},
	{name: "negative", columns: "id BIGINT, PRIMARY KEY (id)", key: []schema.Column{integerColumn("id")}, cut: true,
		values: each(func(_ *rand.Rand, i int) string { return fmt.Sprint(i - 900) })},
	{name: "sparse", columns: "id BIGINT, PRIMARY KEY (id)", key: []schema.Column{integerColumn("id")}, cut: true,
		values: each(func(r *rand.Rand, i int) string {
			return fmt.Sprint([]int64{-9223372036854775808, 0, 1e9, 7e17, 9223372036854000000}[r.IntN(5)] + int64(i))
		})},
	{name: "unsigned", columns: "id BIGINT UNSIGNED, PRIMARY KEY (id)", key: []schema.Column{integerColumn("id")}, cut: true,
		values: each(func(_ *rand.Rand, i int) string {
			return fmt.Sprint([]uint64{0, 9223372036854775000, 18446744073709551615 - 3000}[i%3] + uint64(i)) // #nosec G115 -- an index
		})},
	{name: "zerofill", columns: "id INT(12) UNSIGNED ZEROFILL, PRIMARY KEY (id)", cut: true,
		key:    []schema.Column{{Name: "id", NotNull: true, Type: schema.Type{Name: "int", Unsigned: true, Zerofill: true}}},
		values: each(func(_ *rand.Rand, i int) string { return fmt.Sprint(i * 3) })},
	{name: "random", columns: "id INT, PRIMARY KEY (id)", key: []schema.Column{integerColumn("id")}, cut: true,
		values: each(func(r *rand.Rand, _ int) string { return fmt.Sprint(r.Int32()) })},
	{name: "composite", columns: "a INT, b VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci, PRIMARY KEY (a, b)", cut: true,
		key: []schema.Column{integerColumn("a"), textColumn("b", "varchar", "utf8mb4")},
		values: each(func(r *rand.Rand, _ int) string {
			return fmt.Sprintf("%d, %s", r.IntN(9)-4, dial.Literal(word(r, "😀", "日本")))
		})},
	{name: "three", columns: "a SMALLINT, b DATE, c DECIMAL(20,6), PRIMARY KEY (a, b, c)", cut: true,
		key: []schema.Column{integerColumn("a"), plainColumn("b", "date"), plainColumn("c", "decimal")},
		values: each(func(r *rand.Rand, _ int) string {
			return fmt.Sprintf("%d, '2024-01-%02d', %d.%06d", r.IntN(3), 1+r.IntN(9), r.IntN(200)-100, r.IntN(1e6))
		})},
	{name: "general", columns: "k VARCHAR(30) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci, PRIMARY KEY (k)", cut: true,
		key: []schema.Column{textColumn("k", "varchar", "utf8mb4")}, values: each(func(r *rand.Rand, _ int) string { return dial.Literal(word(r, "😀", "日本", "\x01")) })},
	{name: "unicode", columns: "k VARCHAR(30) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci, PRIMARY KEY (k)", cut: true,
		key: []schema.Column{textColumn("k", "varchar", "utf8mb4")}, values: each(func(r *rand.Rand, _ int) string { return dial.Literal(word(r, "😀", "日本")) })},
	{name: "german", columns: "k VARCHAR(30) CHARACTER SET latin1 COLLATE latin1_german2_ci, PRIMARY KEY (k)", cut: true,
		key: []schema.Column{textColumn("k", "varchar", "latin1")}, values: each(func(r *rand.Rand, _ int) string { return dial.Literal(word(r, "€")) })},
	{name: "bytewise", columns: "k CHAR(30) CHARACTER SET utf8 COLLATE utf8_bin, PRIMARY KEY (k)", cut: true,
		key: []schema.Column{textColumn("k", "char", "utf8")}, values: each(func(r *rand.Rand, _ int) string { return dial.Literal(word(r, "日本")) })},
	{name: "japanese", columns: "k VARCHAR(30) CHARACTER SET sjis, PRIMARY KEY (k)", cut: true,
		key: []schema.Column{textColumn("k", "varchar", "sjis")},
		values: each(func(r *rand.Rand, _ int) string {
			return dial.Literal(strings.Repeat([]string{"ソ", "表", "a", `\`, "'"}[r.IntN(5)], 1+r.IntN(3)) + fmt.Sprint(r.IntN(400)))
		})},
	{name: "wide", columns: "k VARCHAR(30) CHARACTER SET utf16, PRIMARY KEY (k)", cut: true,
		key: []schema.Column{textColumn("k", "varchar", "utf16")}, values: each(func(r *rand.Rand, _ int) string { return dial.Literal(word(r, "😀", "日本")) })},
	{name: "binary", columns: "k BINARY(16), PRIMARY KEY (k)", key: []schema.Column{plainColumn("k", "binary")}, cut: true,
		values: each(func(r *rand.Rand, _ int) string { return hex(r, 16) })},
	{name: "varbinary", columns: "k VARBINARY(9), PRIMARY KEY (k)", key: []schema.Column{plainColumn("k", "varbinary")}, cut: true,
		values: each(func(r *rand.Rand, _ int) string { return hex(r, r.IntN(9)) })},
	{name: "datetime", columns: "k DATETIME(6), PRIMARY KEY (k)", key: []schema.Column{plainColumn("k", "datetime")}, cut: true,
		values: each(func(r *rand.Rand, i int) string {
			if i == 7 {
				return "'0000-00-00 00:00:00'"
			}
			return fmt.Sprintf("'20%02d-03-31 0%d:59:59.%06d'", r.IntN(90), r.IntN(9), r.IntN(1e6))
		})},
	{name: "timestamp", columns: "k TIMESTAMP(3) NOT NULL DEFAULT '2000-01-01', PRIMARY KEY (k)", key: []schema.Column{plainColumn("k", "timestamp")}, cut: true,
		values: each(func(r *rand.Rand, _ int) string {
			return fmt.Sprintf("'20%02d-10-2%d 0%d:30:00.%03d'", 10+r.IntN(25), r.IntN(9), r.IntN(9), r.IntN(1e3))
		})},
	{name: "decimal", columns: "k DECIMAL(30,10), PRIMARY KEY (k)", key: []schema.Column{plainColumn("k", "decimal")}, cut: true,
		values: each(func(r *rand.Rand, _ int) string {
			return fmt.Sprintf("%d.%010d", []int64{-1, 0, 1, 99999999999999}[r.IntN(4)]*int64(r.IntN(3)), r.IntN(1e9))
		})},
	{name: "uuid", columns: "k UUID, PRIMARY KEY (k)", key: []schema.Column{plainColumn("k", "uuid")}, on: "mariadb-10.11", cut: true,
		values: each(func(r *rand.Rand, _ int) string {
			return fmt.Sprintf("'%08x-%04x-%d%03x-8%03x-%012x'", r.Uint32(), r.IntN(1<<16), []int{1, 4, 6, 7}[r.IntN(4)], r.IntN(1<<12), r.IntN(1<<12), r.IntN(1<<40))
		})},
	{name: "half", columns: "a INT, b ENUM('z','a','m'), PRIMARY KEY (a, b)", key: []schema.Column{integerColumn("a"), plainColumn("b", "enum")}, cut: true,
		values: each(func(r *rand.Rand, _ int) string { return fmt.Sprintf("%d, %d", r.IntN(700), 1+r.IntN(3)) })},
	{name: "enum", columns: "b ENUM('z','a','m'), a INT, PRIMARY KEY (b, a)", key: []schema.Column{plainColumn("b", "enum"), integerColumn("a")},
		values: each(func(r *rand.Rand, _ int) string { return fmt.Sprintf("%d, %d", 1+r.IntN(3), r.IntN(700)) })},
	{name: "downwards", columns: "a INT, b INT, PRIMARY KEY (a DESC, b)", key: []schema.Column{integerColumn("a"), integerColumn("b")}, on: "mysql-9.7", desc: true, cut: true,
		values: each(func(r *rand.Rand, _ int) string { return fmt.Sprintf("%d, %d", r.IntN(200), r.IntN(300)) })},
	{name: "mb3", columns: "k VARCHAR(30) CHARACTER SET utf8mb3, PRIMARY KEY (k)", on: "mariadb-10.11", cut: true,
		key: []schema.Column{textColumn("k", "varchar", "utf8mb3")}, values: each(func(r *rand.Rand, _ int) string { return dial.Literal(word(r, "日本")) })},
	{name: "empty", columns: "id INT, PRIMARY KEY (id)", key: []schema.Column{integerColumn("id")}, cut: false,
		values: func(*rand.Rand, int) []string { return nil }},
}

// fill makes the shape's table, with a filler column so that rows are of some size.
func (s shape) fill(t *testing.T, server *testserver.Server, db string, r *rand.Rand, n int) *Table {
	t.Helper()
	server.Exec(t, db, "DROP TABLE IF EXISTS `"+s.name+"`", "CREATE TABLE `"+s.name+"` ("+s.columns+", filler VARCHAR(60)) ENGINE=InnoDB")
	values := s.values(r, n)
	for part := range slices.Chunk(values, 500) {
		server.Exec(t, db, "SET SESSION sql_mode=''", "INSERT IGNORE INTO `"+s.name+"` VALUES ("+strings.Join(part, ", REPEAT('f', 50)), (")+", REPEAT('f', 50))")
	}
	source := &schema.Table{Name: schema.Name{Schema: db, Table: s.name}, Columns: append(slices.Clone(s.key), schema.Column{Name: "filler", Type: schema.Type{Name: "varchar", Charset: "utf8mb4"}})}
	index := schema.Index{Name: "PRIMARY", Kind: schema.PrimaryKey}
	table := &Table{Source: source, Rows: int64(len(values)), Bytes: int64(len(values)) * 80}
	for _, c := range s.key {
		index.Parts = append(index.Parts, schema.IndexPart{Column: c.Name, Desc: s.desc && len(index.Parts) == 0})
	}
	source.Indexes = []schema.Index{index}
	for _, c := range source.Columns {
		table.Columns = append(table.Columns, dial.Quote(c.Name))
	}
	return table
}

// read copies a chunk: its rows, the key columns of each joined.
func read(t *testing.T, session *Session, p *Planner, c *Chunk) (rows []string, cut []string) {
	t.Helper()
	scan, err := session.Read(context.Background(), p, *c)
	if err != nil {
		t.Fatalf("%v\n%s", err, p.scan.query(*c))
	}
	var bytes int64
	for {
		fields, err := scan.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		var row strings.Builder
		for _, field := range fields[:len(fields)-1] {
			fmt.Fprintf(&row, "%q,", field)
		}
		rows = append(rows, row.String())
		bytes += int64(row.Len()) + 50
	}
	if cut = scan.Cut(); cut != nil {
		c.Upper = cut
	}
	p.Done(*c, cut, int64(len(rows)), bytes)
	return rows, cut
}

// copyAll copies a table as several workers would, with crashes: chunks in hand
// are lost, and a new planner goes on with what was done.
func copyAll(t *testing.T, session *Session, table *Table, r *rand.Rand, size int64, crashes int) (rows []string, chunks int) {
	t.Helper()
	var done []Chunk
	for {
		p := NewPlanner(table, size, done)
		crash := crashes > 0
		crashes--
		for alive := true; alive; {
			var hand []Chunk
			for range 1 + r.IntN(4) {
				c, more, err := p.Next(context.Background(), session)
				if err != nil {
					t.Fatal(err)
				}
				if more {
					hand = append(hand, c)
				}
			}
			if len(hand) == 0 {
				break
			}
			r.Shuffle(len(hand), func(i, j int) { hand[i], hand[j] = hand[j], hand[i] })
			alive = !crash || r.IntN(4) > 0
			for i, c := range hand {
				if !alive && i == len(hand)/2 {
					break
				}
				got, _ := read(t, session, p, &c)
				rows = append(rows, got...)
				done = append(done, c)
			}
		}
		if !crash {
			return rows, len(done)
		}
	}
}

func TestChunksAreTheTable(t *testing.T) {
	seed := uint64(time.Now().UnixNano()) // #nosec G115 -- a seed
	t.Logf("seed %d", seed)
	for _, name := range servers {
		server := testserver.Shared(t, name)
		db := server.Database(t, "plan")
		session := open(t, server)
		for _, s := range shapes {
			if s.on != "" && s.on != name {
				continue
			}
			t.Run(name+"/"+s.name, func(t *testing.T) {
				r := rand.New(rand.NewPCG(seed, 1))
				table := s.fill(t, server, db, r, 1500)
				want, _ := copyAll(t, session, &Table{Source: &schema.Table{Name: table.Source.Name, Columns: table.Source.Columns}, Columns: table.Columns}, r, 0, 0)
				slices.Sort(want)
				for round, estimate := range []int64{table.Rows, 10, table.Rows * 20, 0, 1, 60} {
					guess := *table
					guess.Rows, guess.Bytes = estimate, estimate*80
					got, chunks := copyAll(t, session, &guess, r, 8000, round)
					slices.Sort(got)
					if !slices.Equal(got, want) {
						t.Fatalf("%d chunks with an estimate of %d rows give %d rows, the table has %d", chunks, estimate, len(got), len(want))
					}
					if s.cut && estimate == table.Rows && (chunks < 5 || chunks > 300) {
						t.Errorf("the table was cut into %d chunks", chunks)
					}
					if !s.cut && chunks > 1 && s.name != "empty" {
						t.Errorf("a table that cannot be cut was copied in %d chunks", chunks)
					}
				}
			})
		}
	}
}

// inserted gives the rows whose last column is not NULL.
func inserted(t *testing.T, session *Session, table *Table) (rows []string) {
	t.Helper()
	p := NewPlanner(table, 1<<40, nil)
	scan, err := session.Read(context.Background(), p, Chunk{})
	if err != nil {
		t.Fatal(err)
	}
	for {
		fields, err := scan.Next()
		if errors.Is(err, io.EOF) {
			return rows
		}
		if err != nil {
			t.Fatal(err)
		}
		if fields[len(fields)-1] != nil {
			var row strings.Builder
			for _, field := range fields[:len(fields)-1] {
				fmt.Fprintf(&row, "%q,", field)
			}
			rows = append(rows, row.String())
		}
	}
}

func TestASmallTableIsOneChunkWithoutAQuestion(t *testing.T) {
	table := &Table{Source: &schema.Table{Columns: []schema.Column{integerColumn("id")},
		Indexes: []schema.Index{{Name: "PRIMARY", Kind: schema.PrimaryKey, Parts: []schema.IndexPart{{Column: "id"}}}}}, Columns: []string{"`id`"}, Rows: 1000, Bytes: 80000}
	p := NewPlanner(table, 0, nil)
	c, more, err := p.Next(context.Background(), nil)
	if err != nil || !more || c.Lower != nil || c.Upper != nil || c.Limit < 100000 {
		t.Errorf("%+v %v %v", c, more, err)
	}
	if _, more, _ := p.Next(context.Background(), nil); more {
		t.Error("there is a second chunk")
	}
}

// What is there from the low mark on to the end must be read, once, whatever
// others write meanwhile.
func TestChunksWhileTheTableChanges(t *testing.T) {
	server := testserver.Shared(t, testserver.Source)
	db := server.Database(t, "plan")
	r := rand.New(rand.NewPCG(7, 7))
	for _, name := range []string{"dense", "sparse", "general", "composite", "binary"} {
		s := shapes[slices.IndexFunc(shapes, func(s shape) bool { return s.name == name })]
		t.Run(name, func(t *testing.T) {
			table := s.fill(t, server, db, r, 2000)
			session, writer := open(t, server), open(t, server)
			before, _ := copyAll(t, session, &Table{Source: &schema.Table{Name: table.Source.Name, Columns: table.Source.Columns}, Columns: table.Columns}, r, 0, 0)
			stop, ended := make(chan struct{}), make(chan error, 1)
			go func() {
				more := s.values(rand.New(rand.NewPCG(8, 8)), 4000)
				for i := 0; ; i++ {
					select {
					case <-stop:
						ended <- nil
						return
					default:
					}
					err := dial.Exec(context.Background(), writer.Conn(),
						fmt.Sprintf("DELETE FROM `%s`.`%s` ORDER BY RAND() LIMIT 3", db, s.name),
						fmt.Sprintf("INSERT IGNORE INTO `%s`.`%s` VALUES (%s, 'new')", db, s.name, more[i%len(more)]))
					if err != nil {
						ended <- err
						return
					}
				}
			}()
			got, _ := copyAll(t, session, table, r, 4000, 2)
			close(stop)
			if err := <-ended; err != nil {
				t.Fatal(err)
			}
			after, _ := copyAll(t, session, &Table{Source: &schema.Table{Name: table.Source.Name, Columns: table.Source.Columns}, Columns: table.Columns}, r, 0, 0)
			seen := map[string]int{}
			for _, row := range got {
				if seen[row]++; seen[row] > 1 {
					t.Errorf("%s was read twice", row)
				}
			}
			stayed := map[string]bool{}
			for _, row := range after {
				stayed[row] = true
			}
			again := *table
			again.Columns = append(slices.Clone(table.Columns[:len(table.Columns)-1]), "IF(filler = 'new', 1, NULL)")
			for _, row := range inserted(t, session, &again) { // a row may have gone and come back
				delete(stayed, row)
			}
			for _, row := range before {
				if stayed[row] && seen[row] == 0 {
					t.Errorf("%s was there all the time and not read", row)
				}
			}
		})
	}
}
