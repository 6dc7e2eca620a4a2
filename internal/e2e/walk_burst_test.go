package e2e

import (
	"fmt"
	"slices"
	"strings"
)

// child gives the column and the foreign key of a table below another, and notes them.
func (w *walker) child(t, parent *walked) []string {
	if !parent.parental() || parent == t {
		return nil
	}
	parent.parent = true
	column, key := w.fresh("p"), w.fresh("f")
	t.columns = append(t.columns, walkedColumn{name: column, kind: kindOf("INT")})
	t.foreign = append(t.foreign, key)
	return []string{column + " INT", "CONSTRAINT " + key + " FOREIGN KEY (" + column + ") REFERENCES " + parent.name + " (id) " + w.action()}
}

// parental says whether foreign keys may lead to the table: what those do that lead out of
// the replicated databases is not followed.
func (t *walked) parental() bool { return t.key && !strings.HasPrefix(t.name, "{c}") }

func (w *walker) action() string {
	return anyOf(w, []string{"ON DELETE CASCADE ON UPDATE CASCADE", "ON DELETE SET NULL ON UPDATE SET NULL", "ON DELETE CASCADE", "ON UPDATE CASCADE", ""})
}

// constraint adds or drops a CHECK, a foreign key or the primary key.
func (w *walker) constraint(next *walked) string {
	c := anyOf(w, next.columns)
	switch w.pick(6) {
	case 0:
		name := w.fresh("k")
		next.checks = append(next.checks, name)
		return fmt.Sprintf("ADD CONSTRAINT %s CHECK (%s IS NULL OR %s <> %s)", name, c.name, c.name, kinds[c.kind].value(w))
	case 1:
		if len(next.checks) > 0 {
			name := next.checks[0]
			next.checks = next.checks[1:]
			return "DROP CONSTRAINT " + name
		}
	case 2:
		if parent := anyOf(w, w.tables); parent.parental() && !c.generated && kinds[c.kind].sql == "INT" && c.name != "id" {
			parent.parent = true
			name := w.fresh("f")
			next.foreign = append(next.foreign, name)
			return fmt.Sprintf("ADD CONSTRAINT %s FOREIGN KEY (%s) REFERENCES %s (id) %s", name, c.name, parent.name, w.action())
		}
	case 3:
		if len(next.foreign) > 0 {
			name := next.foreign[0]
			next.foreign = next.foreign[1:]
			return "DROP FOREIGN KEY " + name
		}
	case 4:
		if !next.key {
			next.key = true
			next.columns = append(next.columns, walkedColumn{name: "id", kind: kindOf("INT")})
			return "ADD COLUMN id INT NOT NULL AUTO_INCREMENT PRIMARY KEY"
		}
	case 5:
		if len(next.indexes) > 0 {
			old, name := next.indexes[0], w.fresh("i")
			next.indexes[0] = name
			return "RENAME INDEX " + old + " TO " + name
		}
	}
	return ""
}

// generated adds a column that is worked out of others, or makes an index invisible.
func (w *walker) generated(next *walked, place string, at int) string {
	c := next.columns[at]
	if len(next.indexes) > 0 && w.chance(3) {
		visible := anyOf(w, []string{" INVISIBLE", " VISIBLE"})
		if w.maria {
			visible = anyOf(w, []string{" IGNORED", " NOT IGNORED"})
		}
		return "ALTER INDEX " + anyOf(w, next.indexes) + visible
	}
	if c.name == "id" {
		return ""
	}
	made := walkedColumn{name: w.fresh("g"), kind: kindOf("VARCHAR(60) CHARACTER SET latin1"), generated: true}
	definition := "VARCHAR(60) CHARACTER SET latin1 AS (CONCAT(" + c.name + ", 'x'))"
	if kinds[c.kind].number {
		made.kind, definition = kindOf("BIGINT"), "BIGINT AS ("+c.name+" * 2)"
	}
	next.insert(made, place, at)
	return "ADD COLUMN " + made.name + " " + definition + " " + anyOf(w, []string{"VIRTUAL", "STORED"}) + place
}

// partition makes a statement about a table's partitions.
func (w *walker) partition(t *walked) step {
	alter := "ALTER TABLE " + t.name + " "
	switch {
	case len(t.parts) == 0 && w.chance(2):
		return does(func() { t.parts, t.ranges = []string{"h0", "h1", "h2"}, false },
			"%sPARTITION BY HASH (id) (PARTITION h0, PARTITION h1, PARTITION h2)", alter)
	case len(t.parts) == 0:
		return does(func() { t.parts, t.ranges = []string{"p0", "p1", "px"}, true },
			alter+"PARTITION BY RANGE (id) (PARTITION p0 VALUES LESS THAN (%d), PARTITION p1 VALUES LESS THAN (200), PARTITION px VALUES LESS THAN MAXVALUE)", w.pick(150))
	case w.chance(6):
		return does(func() { t.parts = nil }, "%sREMOVE PARTITIONING", alter)
	}
	part := anyOf(w, t.parts)
	switch n := w.pick(6); {
	case n == 0:
		return says(alter + anyOf(w, []string{"REBUILD", "OPTIMIZE"}) + " PARTITION " + part)
	case n < 3:
		return says(alter + "TRUNCATE PARTITION " + part)
	case n == 3 && !t.ranges:
		return does(func() { t.parts = t.parts[:len(t.parts)-1] }, "%sCOALESCE PARTITION 1", alter)
	case n == 3:
		return does(func() { t.parts = slices.DeleteFunc(t.parts, func(p string) bool { return p == part }) }, "%sDROP PARTITION %s", alter, part)
	case n == 4 && t.ranges:
		made := w.fresh("p")
		return does(func() { t.parts = append(t.parts, made) }, alter+"REORGANIZE PARTITION px INTO (PARTITION %s VALUES LESS THAN (%d), PARTITION px VALUES LESS THAN MAXVALUE)", made, 300+10*w.names)
	}
	return w.exchange(t, part)
}

// exchange swaps a partition's rows with those of a table that is made for it.
func (w *walker) exchange(t *walked, part string) step {
	made := t.clone()
	made.name, made.parts, made.foreign = w.free(), nil, nil
	w.queue = append(w.queue,
		does(nil, "ALTER TABLE %s REMOVE PARTITIONING", made.name),
		does(nil, "ALTER TABLE %s EXCHANGE PARTITION %s WITH TABLE %s", t.name, part, made.name))
	return does(func() { w.tables = append(w.tables, made) }, "CREATE TABLE %s LIKE %s", made.name, t.name)
}

// setting changes what the first session's statements mean.
func (w *walker) setting() step {
	return says("SET SESSION " + anyOf(w, []string{"sql_mode = ''", "sql_mode = DEFAULT", "sql_mode = 'ANSI_QUOTES'", "time_zone = '+05:30'", "time_zone = '+00:00'", "time_zone = SYSTEM",
		"foreign_key_checks = 0", "foreign_key_checks = 1", "character_set_client = latin1", "character_set_client = utf8mb4"}))
}

// burst gives several statements that belong together.
func (w *walker) burst(t *walked) step {
	switch w.pick(6) {
	case 0:
		return w.ghost(t)
	case 1:
		return w.temporary(t)
	case 2:
		w.transaction(1, "BEGIN", anyOf(w, []string{"COMMIT", "ROLLBACK"}))
		return says("COMMIT")
	case 3:
		w.transaction(1, "XA START 'walk'", "XA END 'walk'", "XA PREPARE 'walk'", anyOf(w, []string{"XA COMMIT 'walk'", "XA COMMIT 'walk'", "XA ROLLBACK 'walk'"}))
		return says("COMMIT")
	case 4:
		return w.family(t)
	}
	return w.quick(t)
}

// quick adds, fills and drops a column, again and again.
func (w *walker) quick(t *walked) step {
	for range 2 + w.pick(5) {
		column := w.fresh("c")
		w.queue = append(w.queue,
			does(nil, "ALTER TABLE %s ADD COLUMN %s INT NOT NULL DEFAULT %d", t.name, column, w.pick(9)),
			does(nil, "UPDATE IGNORE %s SET %s = %d LIMIT 3", t.name, column, w.pick(99)),
			does(nil, "ALTER TABLE %s MODIFY %s VARCHAR(12)", t.name, column),
			w.insert(t),
			does(nil, "ALTER TABLE %s DROP COLUMN %s", t.name, column))
	}
	return w.insert(t)
}

// ghost changes a table as gh-ost does.
func (w *walker) ghost(t *walked) step {
	schema, base := "", t.name
	if at := strings.IndexByte(base, '.'); at >= 0 {
		schema, base = base[:at+1], base[at+1:]
	}
	ghost, old, column := schema+"_"+base+"_gho", schema+"_"+base+"_del", w.fresh("c")
	var names []string
	for _, c := range t.writable() {
		names = append(names, c.name)
	}
	list := strings.Join(names, ", ")
	w.queue = append(w.queue,
		does(nil, "ALTER TABLE %s ADD COLUMN %s INT DEFAULT 5", ghost, column),
		does(nil, "INSERT IGNORE INTO %s (%s) SELECT %s FROM %s", ghost, list, list, t.name),
		w.insert(&walked{name: ghost, columns: t.columns}),
		does(func() {
			t.columns = append(t.columns, walkedColumn{name: column, kind: kindOf("INT")})
			t.foreign = nil
		}, "RENAME TABLE %s TO %s, %s TO %s", t.name, old, ghost, t.name),
		w.insert(t),
		does(nil, "DROP TABLE IF EXISTS %s, %s", old, ghost))
	return does(nil, "CREATE TABLE %s LIKE %s", ghost, t.name)
}

// temporary hides a table behind a temporary one of its name.
func (w *walker) temporary(t *walked) step {
	w.queue = append(w.queue,
		does(nil, "INSERT INTO %s (x) VALUES (1), (2)", t.name),
		does(nil, "ALTER TABLE %s ADD COLUMN y INT", t.name),
		does(nil, "TRUNCATE TABLE %s", t.name),
		does(nil, anyOf(w, []string{"DROP TEMPORARY TABLE %s", "DROP TABLE %s"}), t.name))
	return does(nil, "CREATE TEMPORARY TABLE %s (x INT)", t.name)
}

// transaction lets another session write rows while the first one changes what that
// does not hold.
func (w *walker) transaction(session int, begin string, end ...string) {
	held := anyOf(w, w.tables)
	in := func(s step) step { s.session = session; return s }
	w.queue = append(w.queue, in(says(begin)))
	for range 2 + w.pick(4) {
		w.queue = append(w.queue, in(w.insert(held)))
		if begin == "BEGIN" && w.chance(3) {
			w.queue = append(w.queue, in(says(anyOf(w, []string{"SAVEPOINT s", "ROLLBACK TO SAVEPOINT s", "RELEASE SAVEPOINT s"}))))
		}
		if t := anyOf(w, w.tables); t != held {
			w.queue = append(w.queue, anyOf(w, []func() step{func() step { return w.insert(t) }, func() step { return w.update(t) }, func() step { return w.alter(t) }})())
		}
		w.queue = append(w.queue, in(w.update(held)))
	}
	for _, sql := range end {
		w.queue = append(w.queue, in(says(sql)))
	}
}

// family writes to a parent and to a child of it.
func (w *walker) family(parent *walked) step {
	if !parent.parental() || len(w.tables) >= 7 {
		return w.create()
	}
	t := &walked{name: w.free(), key: true, columns: []walkedColumn{{name: "id", kind: kindOf("INT")}}}
	parts := append([]string{"id INT NOT NULL AUTO_INCREMENT PRIMARY KEY"}, w.child(t, parent)...)
	below := func() string {
		return fmt.Sprintf("INSERT INTO %s (%s) SELECT id FROM %s LIMIT 7", t.name, t.columns[1].name, parent.name)
	}
	w.queue = append(w.queue, w.insert(parent), says(below()), w.remove(parent),
		does(nil, "UPDATE IGNORE %s SET id = id + 1000 ORDER BY id DESC LIMIT 2", parent.name),
		says(below()), w.insert(parent), does(nil, "DELETE FROM %s ORDER BY id LIMIT 2", parent.name))
	return does(func() { w.tables = append(w.tables, t) }, "CREATE TABLE %s (%s)", t.name, strings.Join(parts, ", "))
}
