package ddl_test

import "testing"

// past makes rows of a history: a row that was changed, and one that is gone.
func past(create string) []string {
	return []string{create, "INSERT INTO t (id, x) VALUES (1, 1), (2, 2), (3, 3)", "UPDATE t SET x = 10 WHERE id = 1", "DELETE FROM t WHERE id = 2"}
}

const (
	keep   = "SET STATEMENT system_versioning_alter_history = KEEP FOR "
	stated = ", rs TIMESTAMP(6) GENERATED ALWAYS AS ROW START, re TIMESTAMP(6) GENERATED ALWAYS AS ROW END, PERIOD FOR SYSTEM_TIME (rs, re)"
)

var versioningStories = []story{
	// The history is the server's own: what is done to it does nothing here.
	{setup: past("CREATE TABLE t (id INT PRIMARY KEY, x INT) WITH SYSTEM VERSIONING"),
		run: []string{keep + "ALTER TABLE t ADD y INT DEFAULT 5", keep + "ALTER TABLE t ADD z INT FIRST, MODIFY x BIGINT", "DELETE HISTORY FROM t", keep + "ALTER TABLE t CHANGE y w VARCHAR(9), ADD UNIQUE (w, id)",
			keep + "ALTER TABLE t DROP z, ADD KEY (x)", "ALTER TABLE t DROP SYSTEM VERSIONING", "ALTER TABLE t ADD SYSTEM VERSIONING", "DELETE HISTORY FROM t BEFORE SYSTEM_TIME NOW(6)", "CREATE TABLE c LIKE t", "RENAME TABLE t TO u"}},
	{setup: past("CREATE TABLE t (id INT PRIMARY KEY, x INT)"),
		run: []string{"ALTER TABLE t ADD SYSTEM VERSIONING, ADD y INT", keep + "ALTER TABLE t DROP SYSTEM VERSIONING, DROP y"}},

	// Columns of the period that are stated, also in keys: of each key there is one current row.
	{setup: past("CREATE TABLE t (id INT, x INT" + stated + ", PRIMARY KEY (id, re), UNIQUE KEY u (x, re)) WITH SYSTEM VERSIONING"),
		run: []string{keep + "ALTER TABLE t ADD y INT DEFAULT 7 AFTER id", keep + "ALTER TABLE t DROP KEY u, ADD UNIQUE KEY u2 (y, id)", keep + "ALTER TABLE t MODIFY x BIGINT FIRST", keep + "ALTER TABLE t ADD UNIQUE KEY u3 (x)",
			"CREATE TABLE v LIKE t", keep + "ALTER TABLE t DROP PRIMARY KEY, ADD PRIMARY KEY (id), DROP KEY u2, DROP KEY u3, DROP SYSTEM VERSIONING, DROP PERIOD FOR SYSTEM_TIME, DROP COLUMN rs, DROP COLUMN re"}},
	{setup: past("CREATE TABLE t (id INT PRIMARY KEY, x INT)"),
		run: []string{"ALTER TABLE t ADD COLUMN rs TIMESTAMP(6) GENERATED ALWAYS AS ROW START, ADD COLUMN re TIMESTAMP(6) GENERATED ALWAYS AS ROW END, ADD PERIOD FOR SYSTEM_TIME (rs, re), ADD SYSTEM VERSIONING", keep + "ALTER TABLE t ADD z INT"}},

	// Columns without a history, and a table that is versioned because a column is.
	{setup: past("CREATE TABLE t (id INT PRIMARY KEY, x INT, n INT WITHOUT SYSTEM VERSIONING) WITH SYSTEM VERSIONING"),
		run: []string{keep + "ALTER TABLE t MODIFY n INT WITH SYSTEM VERSIONING", keep + "ALTER TABLE t MODIFY x INT WITHOUT SYSTEM VERSIONING", keep + "ALTER TABLE t ADD m INT DEFAULT 3 WITHOUT SYSTEM VERSIONING", keep + "ALTER TABLE t DROP n"}},
	{setup: past("CREATE TABLE t (id INT PRIMARY KEY, x INT WITH SYSTEM VERSIONING, n INT)"), run: []string{keep + "ALTER TABLE t ADD m INT", keep + "ALTER TABLE t DROP n"}},

	// Partitions of the history.
	{setup: past("CREATE TABLE t (id INT PRIMARY KEY, x INT) WITH SYSTEM VERSIONING PARTITION BY SYSTEM_TIME LIMIT 2 (PARTITION p0 HISTORY, PARTITION p1 HISTORY, PARTITION pn CURRENT)"),
		run: []string{"ALTER TABLE t DROP PARTITION p0", keep + "ALTER TABLE t ADD y INT", "ALTER TABLE t ADD PARTITION (PARTITION p2 HISTORY)", "ALTER TABLE t REMOVE PARTITIONING", "ALTER TABLE t PARTITION BY SYSTEM_TIME (PARTITION old HISTORY, PARTITION now CURRENT)", "ALTER TABLE t TRUNCATE PARTITION old"}},

	// Periods of the application are columns like any others.
	{setup: []string{"CREATE TABLE t (id INT PRIMARY KEY, x INT, s DATE, e DATE, PERIOD FOR app (s, e))", "INSERT INTO t VALUES (1, 1, '2020-01-01', '2020-12-31')"},
		run: []string{"ALTER TABLE t DROP PERIOD FOR app", "ALTER TABLE t ADD PERIOD FOR p2 (s, e)", "ALTER TABLE t DROP PERIOD IF EXISTS FOR p2, MODIFY s DATE NULL", "CREATE TABLE b (id INT, s DATETIME, e DATETIME, PERIOD FOR app (s, e), UNIQUE (id, app WITHOUT OVERLAPS)) WITH SYSTEM VERSIONING"}},
}

// Of a table with a history PostgreSQL has the current rows, whatever is done to its definition.
func TestVersioningStories(t *testing.T) {
	for _, server := range []string{"mariadb-10.11", "mariadb-11.8"} {
		t.Run(server, func(t *testing.T) {
			b := newBench(t, server)
			for _, s := range versioningStories {
				s.each = true
				b.follow(s)
			}
		})
	}
}
