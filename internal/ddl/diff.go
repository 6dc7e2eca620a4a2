package ddl

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"pgchameleon/internal/ddl/parse"
	"pgchameleon/internal/event"
	"pgchameleon/internal/mapping"
	"pgchameleon/internal/schema"
)

// pair is a column of the target before and after a statement.
type pair struct{ before, after mapping.Column }

// diff writes the statements that turn a table as PostgreSQL has it into its next
// version. The steps come in an order in which no name is taken twice.
type diff struct {
	before, after *mapping.Table
	origin        []int             // by column of after.Source: its ordinal in before.Source, or -1
	was           map[string]string // by index name after: its name before
	statement     *event.Statement
	lenient       bool // ALTER IGNORE TABLE
	d             parse.Dialect

	kept    []pair
	added   []mapping.Column
	dropped []mapping.Column
	sql     []string
}

func (x *diff) add(format string, args ...any) { x.sql = append(x.sql, fmt.Sprintf(format, args...)) }

// run gives the statements, or the reason why the rows must be read again.
func (x *diff) run() (sql []string, reason string) {
	x.match()
	if reason = x.untranslatable(); reason != "" {
		return nil, reason
	}
	stay := x.dropIndexes()
	for _, c := range x.dropped {
		x.add("ALTER TABLE %s DROP COLUMN %s", x.before.Ident(), mapping.Quote(c.Name))
		if c.Enum != "" {
			x.add("DROP TYPE IF EXISTS %s", c.Type(x.before.Schema))
		}
	}
	x.renameColumns()
	for _, p := range x.kept {
		x.changeType(p)
	}
	for _, c := range x.added {
		x.addColumn(c)
	}
	for _, p := range x.kept {
		x.changeNull(p)
		x.changeDefault(p)
	}
	x.createIndexes(stay)
	x.comments()
	return x.sql, ""
}

// match sorts the columns into kept, added and dropped ones.
func (x *diff) match() {
	seen := map[int]bool{}
	at := map[int]mapping.Column{}
	for _, c := range x.before.Columns {
		at[c.Ordinal] = c
	}
	for _, c := range x.after.Columns {
		if old, ok := at[x.origin[c.Ordinal]]; ok {
			x.kept = append(x.kept, pair{old, c})
			seen[old.Ordinal] = true
		} else {
			x.added = append(x.added, c)
		}
	}
	for _, c := range x.before.Columns {
		if !seen[c.Ordinal] {
			x.dropped = append(x.dropped, c)
		}
	}
}

// untranslatable gives the reason why PostgreSQL cannot work out the new rows
// from the old ones.
func (x *diff) untranslatable() string {
	for _, c := range x.added {
		if reason := x.cannotFill(c); reason != "" {
			return fmt.Sprintf("column %s: %s", source(x.after, c).Name, reason)
		}
	}
	for _, p := range x.kept {
		before, after := source(x.before, p.before), source(x.after, p.after)
		switch {
		case after.Generated != nil && (before.Generated == nil || !sameExpression(before.Generated.Expr, after.Generated.Expr, x)):
			return fmt.Sprintf("column %s: the values of a generated column are worked out by the source", after.Name)
		case after.AutoIncrement && !before.AutoIncrement && !before.NotNull:
			return fmt.Sprintf("column %s: the source has numbered the rows that held NULL", after.Name)
		}
		if _, reason := x.conversion(p); reason != "" {
			return fmt.Sprintf("column %s: %s", after.Name, reason)
		}
	}
	return ""
}

// sameExpression compares two expressions but for the names of columns, which
// may have been changed by the statement.
func sameExpression(a, b string, x *diff) bool {
	renamed := func(name string) string {
		for _, p := range x.kept {
			if strings.EqualFold(name, source(x.before, p.before).Name) {
				return source(x.after, p.after).Name
			}
		}
		return name
	}
	plain := func(text string) string {
		return strings.ToLower(strings.NewReplacer("`", "", " ", "", "(", "", ")", "").Replace(text))
	}
	return plain(parse.RenameWords(a, renamed, x.d)) == plain(b)
}

// cannotFill says why a new column's values in present rows are not known.
func (x *diff) cannotFill(c mapping.Column) string {
	s := source(x.after, c)
	switch {
	case s.Generated != nil:
		return "the values of a generated column are worked out by the source"
	case s.AutoIncrement:
		return "the source has numbered the present rows, in an order of its own"
	case s.Default == nil || !s.Default.Expr || isBytes(s.Default.Text):
		return ""
	case c.Map.Masked():
		return "it is masked, and its default is an expression"
	case strings.HasPrefix(s.Default.Text, "current_timestamp("):
		if _, known := x.now(s); known {
			return ""
		}
		return "the present rows hold the source's clock"
	}
	return "the default of the present rows is an expression that the source has worked out"
}

// addColumn adds a column with what the source has put into the present rows.
func (x *diff) addColumn(c mapping.Column) {
	s := source(x.after, c)
	if c.Enum != "" {
		x.sql = append(x.sql, createEnum(x.after, c))
	}
	if made := collation(x.after, c); made != "" {
		x.sql = append(x.sql, made)
	}
	filled, lasting := x.filling(c, s), ""
	lasting, _ = defaultSQL(x.after, c)
	value := ""
	if filled != "" {
		value = " DEFAULT " + filled
	}
	x.add("ALTER TABLE %s ADD COLUMN %s%s", x.before.Ident(), columnSQL(x.after, c), value)
	switch {
	case lasting == filled:
	case lasting == "":
		x.add("ALTER TABLE %s ALTER COLUMN %s DROP DEFAULT", x.before.Ident(), mapping.Quote(c.Name))
	default:
		x.sql = append(x.sql, setDefault(x.after, c, lasting))
	}
}

// filling is the value of the present rows in a new column; "" for NULL.
func (x *diff) filling(c mapping.Column, s *schema.Column) string {
	d := s.Default
	switch {
	case d == nil && !s.NotNull:
		return ""
	case d == nil:
		d = implicitDefault(s)
	case d.Expr && strings.HasPrefix(d.Text, "current_timestamp("):
		now, _ := x.now(s)
		return quoted(now)
	}
	field, null, err := literalField(s, c, d)
	if err != nil || null {
		return ""
	}
	return strings.TrimSpace(mapping.Literal(field))
}

// now is the source's clock at the statement's beginning as a value of the column. It is
// not known where digits of seconds were not sent, nor as a DATETIME where the session's
// time zone is one with seasons.
func (x *diff) now(s *schema.Column) (value string, known bool) {
	at := x.statement.Time
	if at.IsZero() || s.Type.Scale > 0 && at.Nanosecond() == 0 { // else the source sent whole seconds
		return "", false
	}
	text := func(at time.Time) string {
		return at.Format("2006-01-02 15:04:05.000000")[:19+fractionLength(s.Type.Scale)]
	}
	switch s.Type.Name {
	case "timestamp":
		return text(at.UTC()) + "+00", true
	case "datetime":
		if seconds, known := zoneOffset(x.statement.TimeZone); known {
			return text(at.UTC().Add(seconds)), true
		}
	}
	return "", false
}

func fractionLength(scale int) int {
	if scale > 0 {
		return scale + 1
	}
	return 0
}

// renameColumns gives kept columns their new names. Where two change places, one
// gets a name that is free for a moment. Their sequences follow.
func (x *diff) renameColumns() {
	var renamed []pair
	for _, p := range x.kept {
		if p.before.Name != p.after.Name {
			renamed = append(renamed, p)
		}
		if p.before.Enum != "" && p.after.Enum != "" && p.before.Enum != p.after.Enum {
			x.add("ALTER TYPE %s RENAME TO %s", p.before.Type(x.before.Schema), mapping.Quote(p.after.Enum))
		}
		before, after := sequenceName(x.before, p.before), sequenceName(x.after, p.after)
		if source(x.before, p.before).AutoIncrement && before != after {
			x.add("ALTER SEQUENCE IF EXISTS %s RENAME TO %s", sequence(x.before, p.before), mapping.Quote(after))
		}
	}
	taken := func(name string, but int) bool {
		for i, p := range renamed {
			if i > but && p.before.Name == name {
				return true
			}
		}
		return false
	}
	var later []pair
	for i, p := range renamed {
		name := p.after.Name
		if taken(name, i) {
			name = mapping.IndexName("moving", p.after.Name)
			later = append(later, pair{mapping.Column{Name: name}, p.after})
		}
		x.add("ALTER TABLE %s RENAME COLUMN %s TO %s", x.before.Ident(), mapping.Quote(p.before.Name), mapping.Quote(name))
	}
	for _, p := range later {
		x.add("ALTER TABLE %s RENAME COLUMN %s TO %s", x.before.Ident(), mapping.Quote(p.before.Name), mapping.Quote(p.after.Name))
	}
}

// changeNull sets or drops NOT NULL.
func (x *diff) changeNull(p pair) {
	before, after := notNull(p.before), notNull(p.after)
	name := mapping.Quote(p.after.Name)
	s := source(x.after, p.after)
	switch {
	case after && !before:
		x.fillNull(p, s)
		x.add("ALTER TABLE %s ALTER COLUMN %s SET NOT NULL", x.after.Ident(), name)
	case before && !after:
		x.add("ALTER TABLE %s ALTER COLUMN %s DROP NOT NULL", x.after.Ident(), name)
		x.changeZero(p)
	}
}

// fillNull puts what stands for a zero date once NULL is not allowed in the place of
// NULL. Other columns have no NULL then, where the source is strict; where it is not, it
// has put a default there that depends on how it did the work, and SET NOT NULL fails.
func (x *diff) fillNull(p pair, s *schema.Column) {
	if s.Type.Name != "date" && s.Type.Name != "datetime" || source(x.before, p.before).Default != nil {
		return
	}
	if field, null, err := literalField(s, p.after, implicitDefault(s)); err == nil && !null {
		name := mapping.Quote(p.after.Name)
		x.add("UPDATE %s SET %s = %s WHERE %s IS NULL", x.after.Ident(), name, quoted(field), name)
	}
}

// changeZero puts what stands for a zero date once NULL is allowed in the place of what
// stood for it before.
func (x *diff) changeZero(p pair) {
	before, after := zeroDate(x.before, p.before), zeroDate(x.after, p.after)
	if before == "" || before == "NULL" || after == "" || before == after {
		return
	}
	name := mapping.Quote(p.after.Name)
	x.add("UPDATE %s SET %s = %s WHERE %s = %s", x.after.Ident(), name, after, name, before)
}

// zeroDate is what stands for a zero date in a column, as SQL; "" where there is none.
func zeroDate(t *mapping.Table, c mapping.Column) string {
	s := source(t, c)
	class := classOf(c.Map.SQL())
	if s.Type.Name != "date" && s.Type.Name != "datetime" && s.Type.Name != "timestamp" || class != "date" && class != "timestamp" && class != "timestamptz" {
		return ""
	}
	zero := schema.Default{Text: "0000-00-00"}
	if s.Type.Name != "date" {
		zero.Text += " 00:00:00"
	}
	field, null, err := literalField(s, c, &zero)
	switch {
	case err != nil: // the rule refuses such rows
		return ""
	case null:
		return "NULL"
	}
	return strings.TrimSpace(mapping.Literal(field))
}

// changeDefault sets or drops the default, or the sequence that stands for it.
func (x *diff) changeDefault(p pair) {
	was, is := source(x.before, p.before).AutoIncrement, source(x.after, p.after).AutoIncrement
	if was && !is {
		x.add("ALTER TABLE %s ALTER COLUMN %s DROP DEFAULT", x.after.Ident(), mapping.Quote(p.after.Name))
		x.add("DROP SEQUENCE IF EXISTS %s", sequence(x.after, p.after))
	}
	switch {
	case is && !was:
		x.sql = append(x.sql, createSequence(x.after, p.after)...)
	case is && x.after.Source.AutoIncrement != x.before.Source.AutoIncrement:
		x.restart(p.after)
	}
	if is {
		return
	}
	before, _ := defaultSQL(x.before, p.before)
	after, _ := defaultSQL(x.after, p.after)
	switch {
	case before == after && !x.retyped(p):
	case after == "":
		if before != "" && !x.retyped(p) {
			x.add("ALTER TABLE %s ALTER COLUMN %s DROP DEFAULT", x.after.Ident(), mapping.Quote(p.after.Name))
		}
	default:
		x.sql = append(x.sql, setDefault(x.after, p.after, after))
	}
}

// restart moves a sequence to the AUTO_INCREMENT that was set, never below the rows.
func (x *diff) restart(c mapping.Column) {
	next := x.after.Source.AutoIncrement
	if next == 0 || next >= 1<<63 || classOf(c.Map.SQL()) != "int" {
		return
	}
	name := sequence(x.after, c)
	x.add("SELECT setval(%s, greatest(%d, (SELECT coalesce(max(%s), 0) + 1 FROM %s)), false)",
		strings.TrimSpace(mapping.Literal(name)), next, mapping.Quote(c.Name), x.after.Ident())
}

func (x *diff) comments() {
	if x.before.Source.Comment != x.after.Source.Comment {
		x.sql = append(x.sql, tableComment(x.after))
	}
	for _, p := range x.kept {
		if source(x.before, p.before).Comment != source(x.after, p.after).Comment {
			x.sql = append(x.sql, columnComment(x.after, p.after))
		}
	}
	for _, c := range x.added {
		if source(x.after, c).Comment != "" {
			x.sql = append(x.sql, columnComment(x.after, c))
		}
	}
}

// fate is what becomes of an index: its shape tells whether it stays as it is.
type fate struct {
	index IndexSQL
	shape string
}

// shapes lists the indexes that PostgreSQL has, by their name on the source. A
// shape is what the index holds, in terms of the columns' names after the
// statement and of how their types are indexed.
func (x *diff) shapes(t *mapping.Table, name func(part string) string) map[string]fate {
	all := map[string]fate{}
	for i, index := range Indexes(t) {
		if index.Skipped != "" {
			continue
		}
		source := &t.Source.Indexes[i]
		plain := strings.HasPrefix(index.SQL, "ALTER TABLE")
		shape := fmt.Sprintf("%s %t", index.Kind, plain)
		for _, part := range source.Parts {
			class := ""
			if c := t.Columns[t.Column(part.Column)]; part.Prefix > 0 {
				class = classOf(c.Map.SQL())
			}
			shape += fmt.Sprintf("|%s %d %s %t", name(part.Column), part.Prefix, class, part.Desc && !plain)
		}
		all[source.Name] = fate{index, shape}
	}
	return all
}

// dropIndexes drops the indexes that end or change and renames those that only
// have another name. It gives the names on the source of those that stay.
func (x *diff) dropIndexes() map[string]bool {
	renamed := func(part string) string {
		for _, p := range x.kept {
			if strings.EqualFold(source(x.before, p.before).Name, part) {
				return strings.ToLower(source(x.after, p.after).Name)
			}
		}
		return "" // the column is dropped, and the index with it
	}
	before, after := x.shapes(x.before, renamed), x.shapes(x.after, strings.ToLower)
	stay := map[string]bool{}
	taken := map[string]bool{} // indexes of before that go on
	var moved [][2]string
	for _, index := range x.after.Source.Indexes {
		old, ok := before[x.was[index.Name]]
		if now, made := after[index.Name]; made && ok && old.shape == now.shape {
			stay[index.Name], taken[x.was[index.Name]] = true, true
			if old.index.Name != now.index.Name {
				moved = append(moved, [2]string{old.index.Name, now.index.Name})
			}
		}
	}
	for _, index := range x.before.Source.Indexes {
		if old, ok := before[index.Name]; ok && !taken[index.Name] {
			x.dropIndex(old.index)
		}
	}
	x.renameIndexes(moved)
	return stay
}

func (x *diff) dropIndex(index IndexSQL) {
	if strings.HasPrefix(index.SQL, "ALTER TABLE") {
		x.add("ALTER TABLE %s DROP CONSTRAINT IF EXISTS %s", x.before.Ident(), mapping.Quote(index.Name))
		return
	}
	x.add("DROP INDEX IF EXISTS %s.%s", mapping.Quote(x.before.Schema), mapping.Quote(index.Name))
}

// renameIndexes renames through free names where two change places.
func (x *diff) renameIndexes(moved [][2]string) {
	rename := func(from, to string) {
		x.add("ALTER INDEX IF EXISTS %s.%s RENAME TO %s", mapping.Quote(x.before.Schema), mapping.Quote(from), mapping.Quote(to))
	}
	var later [][2]string
	for i, m := range moved {
		if slices.ContainsFunc(moved[i+1:], func(o [2]string) bool { return o[0] == m[1] }) {
			free := mapping.IndexName("moving", m[1])
			later = append(later, [2]string{free, m[1]})
			m[1] = free
		}
		rename(m[0], m[1])
	}
	for _, m := range later {
		rename(m[0], m[1])
	}
}

func (x *diff) createIndexes(stay map[string]bool) {
	for _, index := range Indexes(x.after) {
		if index.Skipped == "" && !stay[index.Source] {
			x.sql = append(x.sql, index.SQL)
		}
	}
}
