package e2e

import "testing"

// A table is excluded while statements that rename it with others are translated already.
func TestRenamesWithATableThatHasJustBeenExcluded(t *testing.T) {
	t.Parallel()
	src, dst := defaultPair(t)
	r := newReplica(t, src, dst, options{})
	r.source("CREATE TABLE a (id INT PRIMARY KEY, v INT)", "CREATE TABLE b (id INT PRIMARY KEY, w VARCHAR(9))", "CREATE TABLE c (id INT PRIMARY KEY)", "INSERT INTO a VALUES (1, 1)", "INSERT INTO b VALUES (2, 'b')", "INSERT INTO c VALUES (3)")
	r.init()
	dst.Exec(t, r.database, "ALTER TABLE "+quoteIdent(r.schemas[r.marker])+".a ADD CHECK (v < 50)")
	r.source("INSERT INTO a VALUES (2, 99)", "RENAME TABLE a TO moving, b TO a, moving TO b", "INSERT INTO a VALUES (4, 'new')", "INSERT INTO b VALUES (5, 98)", "RENAME TABLE b TO d, c TO b", "INSERT INTO b VALUES (6)")
	r.start()
	r.caughtUp()
	if problem := r.settled(); problem != "" {
		t.Error(problem)
	}
	r.source("INSERT INTO a VALUES (7, 'more')", "INSERT INTO b VALUES (8)", "INSERT INTO d VALUES (9, 9)")
	r.caughtUp()
	r.same()
	if left := r.target("SELECT to_regclass('" + r.schemas[r.marker] + ".c')"); left[0][0] != "NULL" {
		t.Errorf("%s stands where the source has nothing", left[0][0])
	}
}

// The same, with tables that are renamed alone: what is decoded for the new name finds no table there.
func TestAnExcludedTableIsRenamed(t *testing.T) {
	t.Parallel()
	src, dst := defaultPair(t)
	r := newReplica(t, src, dst, options{})
	r.source("CREATE TABLE a (id INT PRIMARY KEY, v INT)", "INSERT INTO a VALUES (1, 1)",
		"CREATE TABLE parent (id INT PRIMARY KEY, c JSON)", `INSERT INTO parent VALUES (1, '"x"'), (2, 'true')`,
		"CREATE TABLE child (id INT PRIMARY KEY, p INT, FOREIGN KEY (p) REFERENCES parent (id) ON DELETE CASCADE)", "INSERT INTO child VALUES (1, 1), (2, 2)")
	r.init()
	schema := quoteIdent(r.schemas[r.marker])
	dst.Exec(t, r.database, "ALTER TABLE "+schema+".a ADD CHECK (v < 50)")
	r.source("INSERT INTO a VALUES (2, 99)", "RENAME TABLE a TO b", "INSERT INTO b VALUES (3, 3)",
		"ALTER TABLE parent MODIFY c VARCHAR(20)", "RENAME TABLE parent TO mother", "INSERT INTO mother VALUES (3, 'text')",
		"RENAME TABLE child TO daughter", "INSERT INTO daughter VALUES (3, 3)", "DELETE FROM mother WHERE id = 1")
	r.start()
	r.caughtUp()
	if problem := r.settled(); problem != "" {
		t.Error(problem)
	}
	r.source("INSERT INTO b VALUES (4, 4)", "DELETE FROM mother WHERE id = 2")
	r.caughtUp()
	r.same()
	if rows := r.target("SELECT i_id_log FROM sch_chameleon.t_error_log WHERE t_source_table = ''"); len(rows) > 0 {
		t.Errorf("the error log has errors of no table: %v", rows)
	}
}
