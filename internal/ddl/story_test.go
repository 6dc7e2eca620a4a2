package ddl_test

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"pgchameleon/internal/ddl"
	"pgchameleon/internal/event"
	"pgchameleon/internal/mapping"
	"pgchameleon/internal/schema"
)

// threeBytes gives the present name of utf8.
func threeBytes(name string) string {
	if name == "utf8" || strings.HasPrefix(name, "utf8_") {
		return "utf8mb3" + name[4:]
	}
	return name
}

// apply follows one statement on an empty set and gives the table it makes.
func (b *bench) apply(sql string) *schema.Table {
	b.t.Helper()
	effect, err := ddl.Apply(schema.NewSet(false), &event.Statement{Schema: b.database, SQL: sql}, b.dialect, b.rules("a"))
	if err != nil {
		b.t.Fatalf("%s: %v\n%s", b.name, err, sql)
	}
	if len(effect.Next.Tables()) != 1 {
		b.t.Fatalf("%s: %v\n%s", b.name, effect.Excluded, sql)
	}
	return effect.Next.Tables()[0]
}

// story is one statement on given tables, followed here and run there.
type story struct {
	on       string   // "", "maria", "my"
	setup    []string // run on the source before the copy
	run      []string // followed
	excluded string   // part of the reason if a table is to be parked
	refilled string   // part of the reason if the rows are to be read again, also by PostgreSQL's refusal of a value
	then     []string // rows that the source writes after the statements, in the same transaction of PostgreSQL; their ids begin at 1000
	mode     string   // sql_mode, "default" for the server's own, which is what "" means too
	zone     string   // time_zone of the session that runs the statements; "" for +00:00
	rules    func(*mapping.Rules)
	each     bool // rows are compared after each statement
}

// follow runs a story: after each statement our schema is what the source shows,
// and PostgreSQL has what a copy of the new table would have made, rows included.
func (b *bench) follow(s story) {
	b.t.Helper()
	b.change = s.rules
	b.empty("evolved", "fresh")
	mode := s.mode
	if mode == "" || mode == "default" {
		mode = b.mode
	}
	b.must(b.source, "SET sql_mode = ''")
	b.must(b.source, s.setup...)
	b.must(b.source, "SET sql_mode = '"+mode+"'", "SET timestamp = DEFAULT")
	set := b.set()
	b.copy(set, "evolved")
	parked := map[schema.Name]bool{}
	for i, sql := range s.run {
		effect := b.statement(s, set, sql)
		if effect == nil {
			return
		}
		b.rely(effect)
		unmoved(effect)
		for _, x := range effect.Excluded {
			parked[x.Name] = true
			want := s.excluded
			if x.Refill && s.refilled != "" {
				want = s.refilled
			}
			if want == "" || !strings.Contains(x.Reason, want) {
				b.t.Errorf("%s: %s is excluded: %s\n%s", b.name, x.Name, x.Reason, sql)
				return
			}
		}
		refused, ok := b.transaction(s, sql, effect, i == len(s.run)-1)
		if !ok {
			return
		}
		if refused {
			for _, name := range effect.For {
				parked[name] = true
			}
		}
		set = effect.Next
		b.same(sql, set)
		if s.each && !b.t.Failed() {
			b.samePostgres([]string{sql}, set, parked)
			b.must(b.target, "DROP SCHEMA fresh CASCADE", "CREATE SCHEMA fresh")
		}
	}
	if s.refilled != "" && len(parked) == 0 {
		b.t.Errorf("%s: nothing is to be read again after %s", b.name, s.run)
	}
	if s.excluded != "" && len(parked) == 0 {
		b.t.Errorf("%s: nothing was excluded by %s", b.name, s.run)
	}
	b.samePostgres(s.run, set, parked)
}

// statement runs one on the source and gives its effect, nil if there is none.
func (b *bench) statement(s story, set *schema.Set, sql string) *ddl.Effect {
	b.t.Helper()
	zone := s.zone
	if zone == "" {
		zone = "+00:00"
	}
	b.must(b.source, "SET time_zone = '"+zone+"'")
	if err := b.source.Exec(b.t.Context(), sql); err != nil {
		b.t.Errorf("%s: %v\n%s", b.name, err, sql)
		return nil
	}
	state := b.query(b.source, "SELECT @@sql_mode, @@timestamp")[0]
	b.must(b.source, "SET time_zone = '+00:00'")
	st := &event.Statement{Schema: b.database, SQL: sql, SQLMode: modeBits(state[0]), TimeZone: zone}
	if clock, err := strconv.ParseFloat(state[1], 64); err == nil && clock < pinned+1 {
		st.Time = time.UnixMicro(int64(math.Round(clock * 1e6)))
	}
	effect, err := ddl.Apply(set, st, b.dialect, b.rules("evolved"))
	if err != nil {
		var unknown *ddl.Untranslatable
		b.t.Errorf("%s: %v (%t)\n%s", b.name, err, errors.As(err, &unknown), sql)
		return nil
	}
	if len(effect.SQL) != len(effect.For) {
		b.t.Errorf("%d statements, %d tables", len(effect.SQL), len(effect.For))
	}
	return effect
}

// pinned is a moment that stories set the source's clock to: SET timestamp = 1600000000.
const pinned = 1600000000

// modeBits gives the modes as the binary log has them, of those that matter here.
func modeBits(modes string) (bits uint64) {
	for name, bit := range map[string]int{
		"ANSI_QUOTES": 2, "NO_BACKSLASH_ESCAPES": 20, "STRICT_TRANS_TABLES": 21, "STRICT_ALL_TABLES": 22,
		"NO_ZERO_IN_DATE": 23, "NO_ZERO_DATE": 24, "ALLOW_INVALID_DATES": 25, "TIME_TRUNCATE_FRACTIONAL": 32, "TIME_ROUND_FRACTIONAL": 34,
	} {
		if slices.Contains(strings.Split(modes, ","), name) {
			bits |= 1 << bit
		}
	}
	return bits
}

// transaction runs a statement's translation as the pipeline does, in one transaction,
// and what the source writes after it. refused says that PostgreSQL found a value that
// it cannot convert, which the story expects.
func (b *bench) transaction(s story, sql string, effect *ddl.Effect, last bool) (refused, ok bool) {
	b.t.Helper()
	b.must(b.target, "BEGIN")
	for _, statement := range effect.SQL {
		err := b.target.Exec(b.t.Context(), statement)
		if err == nil {
			continue
		}
		b.must(b.target, "ROLLBACK")
		if s.refilled != "" && strings.Contains(err.Error(), s.refilled) {
			return true, true
		}
		b.t.Errorf("%s: %v\n%s\n%s", b.name, err, sql, strings.Join(effect.SQL, "\n"))
		return false, false
	}
	if last && len(s.then) > 0 {
		b.must(b.source, s.then...)
		for _, t := range effect.Next.Tables() {
			mapped, err := b.rules("evolved").Table(t)
			if err != nil {
				b.t.Fatal(err)
			}
			b.rows(mapped, " WHERE id >= 1000")
		}
	}
	b.must(b.target, "COMMIT")
	return false, true
}

// same compares the tracked schema with what the source shows.
func (b *bench) same(sql string, set *schema.Set) {
	b.t.Helper()
	want := b.set()
	for _, t := range want.Tables() {
		got := set.Get(t.Name)
		if got == nil {
			b.t.Errorf("%s: table %s is not tracked\n%s", b.name, t.Name, sql)
			continue
		}
		if diff := cmp.Diff(plain(t), plain(got), cmpopts.EquateEmpty()); diff != "" {
			b.t.Errorf("%s: -source +tracked\n%s\n%s", b.name, sql, diff)
		}
	}
	if set.Len() != want.Len() {
		b.t.Errorf("%s: %d tables are tracked, there are %d\n%s", b.name, set.Len(), want.Len(), sql)
	}
}

// plain gives a table without what SHOW CREATE TABLE does not tell: the order of
// indexes of one rank, the spelling of expressions, the AUTO_INCREMENT reached.
func plain(t *schema.Table) *schema.Table {
	t = t.Clone()
	t.AutoIncrement = 0
	t.Engine = strings.ToLower(t.Engine)
	slices.SortFunc(t.Indexes, func(a, b schema.Index) int { return strings.Compare(a.Name, b.Name) })
	for i := range t.Indexes {
		t.Indexes[i].Using, t.Indexes[i].Own = "", false
		for j := range t.Indexes[i].Parts {
			t.Indexes[i].Parts[j].Expr = squeeze(t.Indexes[i].Parts[j].Expr)
		}
	}
	plainPartitioning(t.Partitioning)
	slices.SortFunc(t.Checks, func(a, b schema.Check) int { return strings.Compare(a.Name, b.Name) })
	for i := range t.Checks {
		t.Checks[i].Expr = squeeze(t.Checks[i].Expr)
	}
	slices.SortFunc(t.ForeignKeys, func(a, b schema.ForeignKey) int { return strings.Compare(a.Name, b.Name) })
	for i := range t.ForeignKeys {
		for _, r := range []*schema.Rule{&t.ForeignKeys[i].OnDelete, &t.ForeignKeys[i].OnUpdate} {
			if *r == "restrict" || *r == "no action" {
				*r = ""
			}
		}
	}
	for i := range t.Columns {
		c := &t.Columns[i]
		if c.Generated != nil {
			c.Generated = &schema.Generated{Expr: squeeze(c.Generated.Expr), Stored: c.Generated.Stored}
		}
		if c.Default != nil && c.Default.Expr {
			c.Default = &schema.Default{Expr: true, Text: squeeze(c.Default.Text)}
		}
		c.OnUpdate = squeeze(c.OnUpdate)
	}
	return t
}

// arrows are the short forms of functions of JSON.
var arrows = regexp.MustCompile(`(\w+)->(>?)['"]([^'"]*)['"]`)

func squeeze(expr string) string {
	expr = arrows.ReplaceAllStringFunc(expr, func(short string) string {
		part := arrows.FindStringSubmatch(short)
		return map[bool]string{true: "json_unquote"}[part[2] != ""] + "json_extract" + part[1] + ",'" + part[3] + "'"
	})
	return strings.ToLower(strings.NewReplacer("`", "", " ", "", "(", "", ")", "", "_utf8mb4", "", `\'`, "'", "_latin1", "", "NEXT VALUE FOR", "nextval", "PREVIOUS VALUE FOR", "lastval").Replace(expr))
}

// samePostgres compares the evolved tables with fresh copies.
func (b *bench) samePostgres(run []string, set *schema.Set, parked map[schema.Name]bool) {
	b.t.Helper()
	fresh := schema.NewSet(false)
	for _, t := range set.Tables() {
		if t.Sequence != nil {
			continue
		}
		if !parked[t.Name] {
			fresh = fresh.With(nil, b.definition(t.Name.Table))
		}
	}
	tracked := fresh.Len()
	fresh = fresh.With(nil, b.sequences()...)
	b.copy(fresh, "fresh")
	b.sameSequences(run)
	for _, t := range fresh.Tables() {
		if t.Sequence != nil {
			continue
		}
		m, err := b.rules("fresh").Table(t)
		if err != nil {
			b.t.Fatal(err)
		}
		if diff := cmp.Diff(b.catalog("fresh", m.Name), b.catalog("evolved", m.Name)); diff != "" {
			b.t.Errorf("%s: table %s: -fresh +evolved\n%s\n%s", b.name, t.Name, strings.Join(run, "\n"), diff)
			continue
		}
		var columns []string
		for _, c := range m.Columns {
			columns = append(columns, `"`+strings.ReplaceAll(c.Name, `"`, `""`)+`"::text`)
		}
		list := strings.Join(columns, ", ")
		rows := func(s string) [][]string {
			return b.query(b.target, `SELECT %s FROM %s.%s ORDER BY row(%s)`, list, s, `"`+m.Name+`"`, list)
		}
		if diff := cmp.Diff(rows("fresh"), rows("evolved")); diff != "" {
			b.t.Errorf("%s: rows of %s: -fresh +evolved\n%s\n%s", b.name, t.Name, strings.Join(run, "\n"), diff)
		}
	}
	tables := b.query(b.target, `SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE nspname = 'evolved' AND relkind = 'r'`)
	if want := fmt.Sprint(tracked); tables[0][0] != want && len(parked) == 0 {
		b.t.Errorf("%s: PostgreSQL has %s tables, not %s\n%s", b.name, tables[0][0], want, strings.Join(run, "\n"))
	}
}

// catalog describes a table of PostgreSQL without its schema's name.
func (b *bench) catalog(schemaName, table string) []string {
	rows := b.query(b.target, `
		SELECT replace(x, '%s.', '') FROM (
			SELECT 'column ' || attname || ' ' || format_type(atttypid, atttypmod) || CASE WHEN attnotnull THEN ' not null' ELSE '' END
				|| CASE WHEN attcollation > 16000 THEN ' collate ' || (SELECT collname FROM pg_collation k WHERE k.oid = attcollation) ELSE '' END
				|| coalesce(' default ' || pg_get_expr(adbin, adrelid), '') || coalesce(' -- ' || col_description(attrelid, attnum), '') AS x
			FROM pg_attribute a LEFT JOIN pg_attrdef d ON (adrelid, adnum) = (attrelid, attnum)
			WHERE attrelid = '%s."%s"'::regclass AND attnum > 0 AND NOT attisdropped
			UNION ALL SELECT pg_get_indexdef(indexrelid) || coalesce(' ' || contype::text, '') FROM pg_index LEFT JOIN pg_constraint ON conindid = indexrelid WHERE indrelid = '%s."%s"'::regclass
			UNION ALL SELECT 'enum ' || typname || ' ' || string_agg(enumlabel, ',' ORDER BY enumsortorder) FROM pg_type t JOIN pg_enum e ON enumtypid = t.oid
				JOIN pg_namespace n ON n.oid = typnamespace WHERE nspname = '%s' AND t.oid IN (SELECT atttypid FROM pg_attribute WHERE attrelid = '%s."%s"'::regclass) GROUP BY typname
			UNION ALL SELECT 'types ' || count(*) FROM pg_type t JOIN pg_namespace n ON n.oid = typnamespace WHERE nspname = '%s' AND typtype = 'e'
			UNION ALL SELECT 'comment ' || obj_description('%s."%s"'::regclass)
		) y ORDER BY 1`, schemaName, schemaName, table, schemaName, table, schemaName, schemaName, table, schemaName, schemaName, table)
	var list []string
	for _, row := range rows {
		list = append(list, row[0])
	}
	return list
}
