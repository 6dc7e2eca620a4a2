package apply_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"pgchameleon/internal/apply"
	"pgchameleon/internal/change"
	"pgchameleon/internal/event"
	"pgchameleon/internal/mapping"
)

// domains are values, as PostgreSQL prints them, of types that keys may have.
var domains = map[string][]string{
	"integer":          {"0", "1", "2", "3", "-1", "10"},
	"text":             {"", "a", "A", "a\tb", `\`, `\N`, "NULL", `"q"`, "{,}", "é\n", `\.`},
	"varchar(4)":       {"a", "b ", "äöü"},
	"numeric(10,2)":    {"0.00", "1.10", "-1.10", "99999999.99"},
	"bytea":            {`\x`, `\x00`, `\x5c5c`, `\xff09`},
	"timestamptz(3)":   {"2024-01-01 00:00:00+00", "2024-01-01 00:00:00.001+00", "1000-01-01 00:00:00+00"},
	"uuid":             {"00000000-0000-0000-0000-000000000000", "00000000-0000-0000-0000-000000000001"},
	"mood":             {"sad", "ok", "it's, \"odd\""},
	"boolean":          {"t", "f"},
	"json":             {`{"a": "\n"}`, `[1, 2]`},
	"double precision": {"0", "1.5", "1e+100"},
}

const moods = `create type mood as enum ('sad', 'ok', 'it''s, "odd"');`

var types = []string{"integer", "text", "varchar(4)", "numeric(10,2)", "bytea", "timestamptz(3)", "uuid", "mood", "boolean", "double precision", "json"}

const null = "\x00" // NULL in a value list

// encode makes a row of values.
func encode(values []string) change.Row {
	escape := strings.NewReplacer(`\`, `\\`, "\t", `\t`, "\n", `\n`)
	parts := make([]string, len(values))
	for i, v := range values {
		if parts[i] = escape.Replace(v); v == null {
			parts[i] = change.Null
		}
	}
	return change.Row(strings.Join(parts, "\t"))
}

func show(values []string) string {
	return strings.ReplaceAll(strings.Join(values, " "), null, "NULL")
}

// world is a table on the source, and the same as changes applied row by row
// leave it on a target that may have lost rows.
type world struct {
	table   *change.Table
	source  [][]string
	target  [][]string
	missing uint64
	wide    bool // integers come from a wide range, so that there can be many rows
}

func (w *world) key(values []string) string {
	if len(w.table.Key) == 0 {
		return string(encode(values))
	}
	parts := make([]string, len(w.table.Key))
	for i, at := range w.table.Key {
		parts[i] = values[at]
	}
	return strings.Join(parts, "\x01")
}

// fits says whether the source would take a row in place of the i-th, -1: in addition.
func (w *world) fits(values []string, except int) bool {
	for _, unique := range append([][]int{w.table.Key}, w.table.Uniques...) {
		for i, other := range w.source {
			same := len(unique) > 0 && i != except
			for _, at := range unique {
				same = same && values[at] == other[at] && values[at] != null
			}
			if same {
				return false
			}
		}
	}
	return true
}

func (w *world) find(values []string) int {
	return slices.IndexFunc(w.target, func(other []string) bool { return w.key(other) == w.key(values) })
}

// draw makes a random row; columns not in change are as in like.
func (w *world) draw(r *rapid.T, like []string, chosen func(int) bool) []string {
	values := make([]string, len(w.table.Columns))
	for i, c := range w.table.Columns {
		switch {
		case like != nil && !chosen(i):
			values[i] = like[i]
		case !slices.Contains(w.table.Key, i) && rapid.IntRange(0, 4).Draw(r, "null") == 0:
			values[i] = null
		case w.wide && c.Type == "integer":
			values[i] = strconv.Itoa(rapid.IntRange(0, 400).Draw(r, "integer"))
		default:
			values[i] = rapid.SampledFrom(domains[c.Type]).Draw(r, "value")
		}
	}
	return values
}

// change makes one random change that the source would take, or nil, and does
// it on both sides. A wide table fills up first.
func (w *world) change(r *rapid.T) *change.Rows {
	action := event.Action(rapid.IntRange(1, 3).Draw(r, "action"))
	if w.wide && len(w.source) < 150 {
		action = event.Insert
	}
	if action == event.Insert || len(w.source) == 0 {
		values := w.draw(r, nil, nil)
		if !w.fits(values, -1) {
			return nil
		}
		w.source, w.target = append(w.source, values), append(w.target, values)
		return insert(w.table, encode(values))
	}
	i := rapid.IntRange(0, len(w.source)-1).Draw(r, "row")
	before := w.source[i]
	at := w.find(before)
	if at < 0 {
		w.missing++
	}
	if action == event.Delete {
		w.source = slices.Delete(w.source, i, i+1)
		if at >= 0 {
			w.target = slices.Delete(w.target, at, at+1)
		}
		return remove(w.table, encode(before))
	}
	mask := rapid.IntRange(1, 1<<len(w.table.Columns)-1).Draw(r, "columns")
	after := w.draw(r, before, func(i int) bool { return mask>>i&1 == 1 })
	if !w.fits(after, i) {
		if at < 0 {
			w.missing--
		}
		return nil
	}
	w.source[i] = after
	if at >= 0 {
		w.target[at] = after
	} else {
		w.target = append(w.target, after)
	}
	return update(w.table, encode(before), encode(after))
}

func drawTable(r *rapid.T, name string, wide bool) *change.Table {
	t := table(name, nil)
	if wide {
		t.Columns = append(t.Columns, change.Column{Name: "w", Type: "integer"})
	}
	for i := range rapid.IntRange(2, 5).Draw(r, "columns") {
		t.Columns = append(t.Columns, change.Column{Name: fmt.Sprintf("C %d\"", i), Type: rapid.SampledFrom(types).Draw(r, "type")})
	}
	some := func(label string) []int {
		var list []int
		for _, at := range rapid.Permutation([]int{0, 1, 2, 3, 4}).Draw(r, label)[:2] {
			if at < len(t.Columns) && t.Columns[at].Type != "json" {
				list = append(list, at)
			}
		}
		return list
	}
	if rapid.IntRange(0, 3).Draw(r, "keyed") > 0 {
		if t.Key = some("key"); wide {
			t.Key = slices.Compact(append([]int{0}, slices.DeleteFunc(t.Key, func(at int) bool { return at == 0 })...))
		}
	}
	for range rapid.IntRange(0, 2).Draw(r, "uniques") {
		if unique := some("unique"); len(unique) > 0 && (!wide || slices.Contains(unique, 0)) {
			t.Uniques = append(t.Uniques, unique)
		}
	}
	return t
}

// worlds makes some random tables, and gives what drops them.
func (l *lab) worlds(r *rapid.T, number int, wide bool) (worlds []*world, drop func()) {
	for i := range rapid.IntRange(1, 2).Draw(r, "tables") {
		w := &world{table: drawTable(r, fmt.Sprintf("t%d_%d", number, i), wide), wide: wide}
		worlds = append(worlds, w)
		l.sql(create(w.table))
	}
	return worlds, func() {
		for _, w := range worlds {
			l.sql("drop table " + w.table.Name)
		}
	}
}

// TestBatchesAreTheSameAsRowByRow applies random transactions on random tables,
// from which the target may have lost rows, in batches and pieces of any size.
func TestBatchesAreTheSameAsRowByRow(t *testing.T) {
	pieces := []int{1, 3, 10, 1000}
	labs := make([]*lab, len(pieces))
	for i, n := range pieces {
		labs[i] = newLab(t, moods, apply.Options{FlushRows: n})
	}
	labs = append(labs, newLabOn(t, "postgres-18", moods, apply.Options{}))
	made := 0
	rapid.Check(t, func(r *rapid.T) {
		l := rapid.SampledFrom(labs).Draw(r, "pieces")
		made++
		worlds, drop := l.worlds(r, made, rapid.IntRange(0, 3).Draw(r, "wide") == 0)
		defer drop()
		for range rapid.IntRange(1, 4).Draw(r, "batches") {
			var changes []*change.Rows
			most := 40
			if worlds[0].wide {
				most = 500
			}
			for range rapid.IntRange(1, most).Draw(r, "changes") {
				if c := rapid.SampledFrom(worlds).Draw(r, "table").change(r); c != nil {
					changes = append(changes, c)
				}
			}
			counts := l.batch(changes...)
			for _, w := range worlds {
				w.check(r, l, counts[w.table.Source].Missing)
			}
		}
	})
}

// check compares the target with what it should be, then may lose a row of it.
func (w *world) check(r *rapid.T, l *lab, missing uint64) {
	if len(l.failures) > 0 {
		r.Fatalf("refused: %v (%s)", l.failures[0].Err, l.failures[0].Statement)
	}
	var want []string
	for _, values := range w.target {
		want = append(want, show(values))
	}
	slices.Sort(want)
	if got := l.rows(w.table.Name); !slices.Equal(got, want) {
		r.Fatalf("table %+v\n got %q\nwant %q", w.table, got, want)
	}
	if missing != w.missing {
		r.Fatalf("table %+v: %d missing, want %d", w.table, missing, w.missing)
	}
	w.missing = 0
	if len(w.target) > 0 && rapid.Bool().Draw(r, "lose") {
		at := rapid.IntRange(0, len(w.target)-1).Draw(r, "lost")
		lost := w.target[at]
		w.target = slices.Delete(w.target, at, at+1)
		w.lose(l, lost)
	}
}

func (w *world) lose(l *lab, values []string) {
	var where []string
	var args []any
	for i, c := range w.table.Columns {
		if values[i] == null {
			where = append(where, mapping.Quote(c.Name)+" is null")
			continue
		}
		args = append(args, values[i])
		where = append(where, fmt.Sprintf(`%s::text = ($%d::text)::%s::text`, mapping.Quote(c.Name), len(args), c.Type))
	}
	sql := fmt.Sprintf("delete from %[1]s where ctid = (select ctid from %[1]s where %[2]s limit 1)", w.table.Name, strings.Join(where, " and "))
	tag, err := l.other.Exec(l.ctx, sql, args...)
	if err != nil || tag.RowsAffected() != 1 {
		l.t.Fatalf("losing a row: %v, %v", tag, err)
	}
}
