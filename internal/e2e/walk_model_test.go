package e2e

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

// walker makes random statements on a few tables. It knows what the tables look
// like as long as it is told which of its statements the server took.
type walker struct {
	random *rand.Rand
	maria  bool
	old    bool // it shows bytes that are no text as `?` in defaults
	tables []*walked
	names  int      // of tables and columns made so far
	gone   []string // names of tables that there were
	steps  int      // made so far
	queue  []step   // that come next
}

func newWalker(random *rand.Rand, server string) *walker {
	return &walker{random: random, maria: strings.HasPrefix(server, "mariadb"), old: server == "mysql-5.6"}
}

// fallback is a default of a column.
func (w *walker) fallback(k *walkedKind) string {
	value := k.value(w)
	if w.old && strings.HasPrefix(value, "x'") {
		return "'ab'"
	}
	return value
}

// walked is a table as the walker knows it.
type walked struct {
	name    string // with a database that is not the first
	columns []walkedColumn
	indexes []string
	checks  []string // CHECK constraints
	foreign []string // foreign keys
	parts   []string // partitions
	ranges  bool     // of the id
	key     bool     // it has a primary key
	parent  bool     // foreign keys lead to it
}

type walkedColumn struct {
	name      string
	kind      int // in kinds
	generated bool
}

func (t *walked) clone() *walked {
	c := *t
	c.columns, c.indexes = slices.Clone(t.columns), slices.Clone(t.indexes)
	c.checks, c.foreign, c.parts = slices.Clone(t.checks), slices.Clone(t.foreign), slices.Clone(t.parts)
	return &c
}

// step is a statement and what it does to the walker's tables if it is taken.
type step struct {
	act
	then func()
}

// does makes a step of the first session.
func does(then func(), format string, args ...any) step {
	return step{act: act{sql: fmt.Sprintf(format, args...)}, then: then}
}

func says(sql string) step { return step{act: act{sql: sql}} }

func (w *walker) pick(n int) int        { return w.random.IntN(n) }
func (w *walker) chance(of int) bool    { return w.random.IntN(of) == 0 }
func (w *walker) fresh(p string) string { w.names++; return fmt.Sprintf("%s%d", p, w.names) }

// anyOf gives a random element.
func anyOf[T any](w *walker, list []T) T { return list[w.pick(len(list))] }

// free gives a name for a table: a new one, or one that another table had.
func (w *walker) free() string {
	if len(w.gone) > 0 && w.chance(3) {
		name := anyOf(w, w.gone)
		if !slices.ContainsFunc(w.tables, func(t *walked) bool { return t.name == name }) {
			return name
		}
	}
	return anyOf(w, []string{"", "", "", "{b}."}) + w.fresh("t")
}

// next gives the next statement: more rows than definitions, a comparison each hundred
// steps, and the program killed now and then.
func (w *walker) next() step {
	w.steps++
	switch {
	case len(w.queue) > 0:
		s := w.queue[0]
		w.queue = w.queue[1:]
		return s
	case w.steps%101 == 0:
		return says(actCheck)
	case w.chance(150):
		return says(actKill)
	case len(w.tables) < 2:
		return w.create()
	}
	t := anyOf(w, w.tables)
	switch n := w.pick(100); {
	case n < 24:
		return w.insert(t)
	case n < 33:
		return w.update(t)
	case n < 39:
		return w.remove(t)
	case n < 42:
		return says(anyOf(w, []string{"BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT s", "ROLLBACK TO SAVEPOINT s"}))
	case n < 72:
		return w.alter(t)
	case n < 75:
		return w.index(t)
	case n < 80:
		return w.rename(t)
	case n < 81:
		return does(nil, "TRUNCATE TABLE %s", t.name)
	case n < 83:
		return does(func() { w.forget(t) }, "DROP TABLE %s", t.name)
	case n < 84:
		return w.derive(t)
	case n < 88:
		return w.partition(t)
	case n < 95:
		return w.burst(t)
	case n < 96:
		return w.setting()
	}
	return w.create()
}

func (w *walker) forget(t *walked) {
	w.gone = append(w.gone, t.name)
	w.tables = slices.DeleteFunc(w.tables, func(o *walked) bool { return o == t })
}

func (w *walker) create() step {
	if len(w.tables) >= 6 {
		t := w.tables[0]
		return does(func() { w.forget(t) }, "DROP TABLE IF EXISTS %s", t.name)
	}
	t := &walked{name: w.free()}
	var parts []string
	if !w.chance(6) {
		t.key = true
		t.columns = append(t.columns, walkedColumn{name: "id", kind: kindOf("INT")})
		parts = append(parts, "id INT NOT NULL AUTO_INCREMENT PRIMARY KEY")
	}
	for range 1 + w.pick(4) {
		c, definition := w.column()
		t.columns = append(t.columns, c)
		parts = append(parts, c.name+" "+definition)
	}
	if at := slices.IndexFunc(t.columns, func(c walkedColumn) bool { return c.name != "id" && kinds[c.kind].number }); at >= 0 && w.chance(4) {
		name := w.fresh("g")
		parts = append(parts, fmt.Sprintf("%s BIGINT AS (%s + 1) %s", name, t.columns[at].name, anyOf(w, []string{"VIRTUAL", "STORED"})))
		t.columns = append(t.columns, walkedColumn{name: name, kind: kindOf("BIGINT"), generated: true})
	}
	if len(w.tables) > 0 && w.chance(4) {
		parts = append(parts, w.child(t, anyOf(w, w.tables))...)
	}
	options := anyOf(w, []string{"", " COMMENT 'c'", " DEFAULT CHARSET latin1", " AUTO_INCREMENT = 50", " ROW_FORMAT=DYNAMIC"})
	verb := "CREATE TABLE "
	if w.maria && w.chance(6) {
		verb = "CREATE OR REPLACE TABLE "
	}
	return does(func() { w.tables = append(w.tables, t) }, "%s%s (%s)%s", verb, t.name, strings.Join(parts, ", "), options)
}

// column makes a new column and its definition.
func (w *walker) column() (walkedColumn, string) {
	c := walkedColumn{name: w.fresh("c"), kind: w.pick(len(kinds))}
	return c, w.definition(c.kind)
}

func (w *walker) definition(at int) string {
	k := kinds[at]
	text := k.sql
	switch null := w.pick(4); {
	case null == 0:
		text += " NOT NULL"
	case strings.HasPrefix(k.sql, "TIMESTAMP"):
		text += " NULL"
	}
	if k.defaults && w.chance(3) {
		text += " DEFAULT " + w.fallback(&k)
	}
	if w.chance(8) {
		text += " COMMENT 'it''s'"
	}
	return text
}

// derive makes a table of another.
func (w *walker) derive(t *walked) step {
	if len(w.tables) >= 6 {
		return w.create()
	}
	made := t.clone()
	made.name, made.foreign = w.free(), nil
	add := func() { w.tables = append(w.tables, made) }
	if w.chance(2) {
		return does(add, "CREATE TABLE %s LIKE %s", made.name, t.name)
	}
	made.key, made.indexes, made.checks, made.parts, made.ranges = false, nil, nil, nil, false
	for i := range made.columns {
		made.columns[i].generated = false
	}
	return does(add, "CREATE TABLE %s SELECT * FROM %s", made.name, t.name)
}

// rename moves tables within and between the databases, one of which is not replicated.
func (w *walker) rename(t *walked) step {
	other := anyOf(w, w.tables)
	moved := func(name string) func() {
		return func() { w.gone, t.name = append(w.gone, t.name), name }
	}
	switch {
	case w.chance(8) && !t.parent:
		name := "{c}." + w.fresh("t")
		return does(moved(name), "RENAME TABLE %s TO %s", t.name, name)
	case other == t || w.chance(2) || t.parent != other.parent:
		name := w.free()
		return does(moved(name), anyOf(w, []string{"RENAME TABLE %s TO %s", "ALTER TABLE %s RENAME TO %s"}), t.name, name)
	}
	return does(func() { t.name, other.name = other.name, t.name }, "RENAME TABLE %[1]s TO moving, %[2]s TO %[1]s, moving TO %[2]s", t.name, other.name)
}

func (w *walker) index(t *walked) step {
	if len(t.indexes) > 0 && w.chance(2) {
		name := anyOf(w, t.indexes)
		return does(func() { t.lose(name) }, "DROP INDEX %s ON %s", name, t.name)
	}
	name := w.fresh("i")
	return does(func() { t.indexes = append(t.indexes, name) }, "CREATE INDEX %s ON %s (%s)", name, t.name, w.parts(t))
}

func (t *walked) lose(name string) {
	t.indexes = slices.DeleteFunc(t.indexes, func(n string) bool { return n == name })
}

// parts are one or two columns of an index.
func (w *walker) parts(t *walked) string {
	var parts []string
	for _, at := range w.random.Perm(len(t.columns))[:min(len(t.columns), 1+w.pick(2))] {
		c := t.columns[at]
		part := c.name
		if !w.maria && w.chance(8) {
			parts = append(parts, anyOf(w, []string{"(" + c.name + " + 1)", "(CONCAT('x', " + c.name + "))", "(CAST(" + c.name + " AS CHAR(9)))"}))
			continue
		}
		if kinds[c.kind].long || strings.HasPrefix(kinds[c.kind].sql, "VARCHAR") && w.chance(3) {
			part += "(5)"
		}
		if w.chance(5) {
			part += " DESC"
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, ", ")
}

// alter makes an ALTER TABLE of one to four clauses.
func (w *walker) alter(t *walked) step {
	next := t.clone()
	var clauses []string
	for range 1 + w.pick(4)*w.pick(2) {
		if c := w.clause(next); c != "" {
			clauses = append(clauses, c)
		}
	}
	if len(clauses) == 0 {
		return w.insert(t)
	}
	return does(func() { *t = *next }, "ALTER TABLE %s %s", t.name, strings.Join(clauses, ", "))
}

// clause changes next as the clause that it gives does. Clauses of one statement
// name the columns as they were, so one that was changed is left alone.
func (w *walker) clause(next *walked) string {
	at := w.pick(len(next.columns))
	c := &next.columns[at]
	place := anyOf(w, []string{"", "", "", " FIRST", " AFTER " + c.name})
	switch w.pick(17) {
	case 0, 1, 2:
		made, definition := w.column()
		next.insert(made, place, at)
		return "ADD COLUMN " + made.name + " " + definition + place
	case 3:
		if len(next.columns) < 3 || c.name == "id" {
			return ""
		}
		name := c.name
		next.columns = slices.Delete(next.columns, at, at+1)
		return "DROP COLUMN " + name
	case 4, 5:
		if c.name == "id" || c.generated {
			return ""
		}
		c.kind = w.pick(len(kinds))
		return "MODIFY " + c.name + " " + w.definition(c.kind)
	case 6:
		if c.name == "id" || c.generated {
			return ""
		}
		old := c.name
		c.name, c.kind = w.fresh("c"), w.pick(len(kinds))
		return "CHANGE " + old + " " + c.name + " " + w.definition(c.kind)
	case 7:
		old := c.name
		if old == "id" {
			return ""
		}
		c.name = w.fresh("c")
		return "RENAME COLUMN " + old + " TO " + c.name
	case 8:
		if kinds[c.kind].defaults && !c.generated && c.name != "id" {
			return anyOf(w, []string{"ALTER " + c.name + " SET DEFAULT " + w.fallback(&kinds[c.kind]), "ALTER " + c.name + " DROP DEFAULT"})
		}
		return ""
	case 9, 10:
		name := w.fresh("i")
		next.indexes = append(next.indexes, name)
		return "ADD " + anyOf(w, []string{"INDEX ", "INDEX ", "UNIQUE "}) + name + " (" + w.parts(next) + ")"
	case 11:
		if len(next.indexes) == 0 {
			return ""
		}
		name := anyOf(w, next.indexes)
		next.lose(name)
		return "DROP INDEX " + name
	case 12, 13:
		return w.constraint(next)
	case 14:
		return w.generated(next, place, at)
	case 15:
		return anyOf(w, []string{"COMMENT 'x'", "AUTO_INCREMENT = 1000", "CONVERT TO CHARACTER SET utf8mb4", "DEFAULT CHARACTER SET latin1", "FORCE", "CONVERT TO CHARACTER SET latin1"})
	}
	return ""
}

func (t *walked) insert(c walkedColumn, place string, at int) {
	switch {
	case place == " FIRST":
		t.columns = slices.Insert(t.columns, 0, c)
	case place != "":
		t.columns = slices.Insert(t.columns, at+1, c)
	default:
		t.columns = append(t.columns, c)
	}
}

// writable lists the columns that statements may set.
func (t *walked) writable() []walkedColumn {
	return slices.DeleteFunc(slices.Clone(t.columns), func(c walkedColumn) bool { return c.generated })
}

func (w *walker) insert(t *walked) step {
	var names []string
	columns := slices.DeleteFunc(t.writable(), func(c walkedColumn) bool { return c.name == "id" && !w.chance(4) })
	for _, c := range columns {
		names = append(names, c.name)
	}
	var rows []string
	for range 1 + w.pick(5) {
		var values []string
		for _, c := range columns {
			values = append(values, w.value(c))
		}
		rows = append(rows, "("+strings.Join(values, ", ")+")")
	}
	verb := anyOf(w, []string{"INSERT INTO ", "INSERT IGNORE INTO ", "INSERT IGNORE INTO ", "REPLACE INTO "})
	return does(nil, "%s%s (%s) VALUES %s", verb, t.name, strings.Join(names, ", "), strings.Join(rows, ", "))
}

func (w *walker) value(c walkedColumn) string {
	if c.name != "id" && w.chance(6) {
		return "NULL"
	}
	return kinds[c.kind].value(w)
}

func (w *walker) update(t *walked) step {
	columns := t.writable()
	c, where := anyOf(w, columns), anyOf(w, columns)
	condition := anyOf(w, []string{where.name + " IS NOT NULL", where.name + " <=> " + w.value(where), where.name + " IS NULL"})
	return does(nil, "UPDATE IGNORE %s SET %s = %s WHERE %s LIMIT %d", t.name, c.name, w.value(c), condition, 1+w.pick(4))
}

func (w *walker) remove(t *walked) step {
	where := anyOf(w, t.writable())
	return does(nil, "DELETE FROM %s WHERE %s <=> %s LIMIT %d", t.name, where.name, w.value(where), 1+w.pick(3))
}

// walkedKind is a type of column with its values.
type walkedKind struct {
	sql      string
	value    func(*walker) string
	defaults bool // it may have a literal default
	number   bool
	long     bool // an index needs a prefix
}

func kindOf(sql string) int {
	return slices.IndexFunc(kinds, func(k walkedKind) bool { return k.sql == sql })
}

func among(values ...string) func(*walker) string {
	return func(w *walker) string { return anyOf(w, values) }
}

func upTo(low, high int) func(*walker) string {
	return func(w *walker) string { return fmt.Sprint(low + w.pick(high-low+1)) }
}

var (
	words = among("''", "'a'", "'b'", "'B'", "'zz top'", "'12'", "'3'", "'é'", "'it''s \\\\ odd'", "'x,y'")
	days  = among("'2020-02-29'", "'1999-12-31'", "'2024-07-01'", "'1970-01-02'")
	times = among("'2020-02-29 23:59:59'", "'1999-12-31 00:00:00'", "'2024-07-01 12:30:15.125'", "'1980-01-02 03:04:05.5'")
)

var kinds = []walkedKind{
	{sql: "TINYINT", value: upTo(-100, 100), defaults: true, number: true},
	{sql: "SMALLINT UNSIGNED", value: upTo(0, 300), defaults: true, number: true},
	{sql: "INT", value: upTo(-5, 400), defaults: true, number: true},
	{sql: "BIGINT", value: upTo(-50000, 50000), defaults: true, number: true},
	{sql: "INT UNSIGNED ZEROFILL", value: upTo(0, 99), defaults: true},
	{sql: "BIGINT UNSIGNED", value: among("18446744073709551615", "0", "7", "12"), defaults: true},
	{sql: "TINYINT(1)", value: among("0", "1"), defaults: true},
	{sql: "DECIMAL(8,2)", value: among("0", "1.50", "-2.25", "12", "99999.99"), defaults: true, number: true},
	{sql: "FLOAT", value: among("0", "1.5", "-2.25", "12"), defaults: true},
	{sql: "DOUBLE", value: among("0", "1.5", "-2.25", "12", "100000.125"), defaults: true},
	{sql: "VARCHAR(20)", value: words, defaults: true},
	{sql: "VARCHAR(60) CHARACTER SET latin1", value: words, defaults: true},
	{sql: "CHAR(12)", value: words, defaults: true},
	{sql: "TEXT", value: words, long: true},
	{sql: "MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin", value: words, long: true},
	{sql: "VARBINARY(16)", value: among("''", "x'00ff'", "'ab'", "x'0a5c09'"), defaults: true},
	{sql: "BINARY(4)", value: among("''", "x'00ff'", "'ab'"), defaults: true},
	{sql: "BLOB", value: among("''", "x'00ff'", "'ab'"), long: true},
	{sql: "DATE", value: days, defaults: true},
	{sql: "DATETIME", value: days, defaults: true},
	{sql: "DATETIME(3)", value: times, defaults: true},
	{sql: "TIMESTAMP", value: times, defaults: true},
	{sql: "TIMESTAMP(6)", value: times, defaults: true},
	{sql: "TIME", value: among("'00:00:00'", "'12:30:15'", "'23:59:59'"), defaults: true},
	{sql: "YEAR", value: among("1999", "2024", "2000"), defaults: true},
	{sql: "ENUM('a','b','c')", value: among("'a'", "'b'", "'c'"), defaults: true},
	{sql: "ENUM('c','b','a','d')", value: among("'a'", "'b'", "'c'", "'d'"), defaults: true},
	{sql: "SET('x','y','z')", value: among("''", "'x'", "'x,z'", "'y'"), defaults: true},
	{sql: "SET('z','x','q','y')", value: among("''", "'x'", "'z,x'", "'q'"), defaults: true},
	{sql: "BIT(5)", value: among("b'101'", "b'0'", "b'11111'"), defaults: true},
	{sql: "BIT(1)", value: among("b'1'", "b'0'"), defaults: true},
	{sql: "JSON", value: among("'[]'", "'5'", "'true'", `'"x"'`), long: true},
}
