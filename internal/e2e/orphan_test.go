package e2e

import "testing"

// A table is made below one that is not followed at the moment: MariaDB does not log what
// the foreign key does.
func TestATableBelowOneThatIsBeingFilled(t *testing.T) {
	t.Parallel()
	src, dst := defaultPair(t)
	r := newReplica(t, src, dst, options{})
	r.source("CREATE TABLE p (id INT PRIMARY KEY, v BIGINT)", "INSERT INTO p VALUES (1, 20200101), (2, 20200102), (3, 20200103)", "CREATE TABLE older (id INT PRIMARY KEY, p INT)", "INSERT INTO older VALUES (1, 1), (2, 2)")
	r.init()
	r.source("ALTER TABLE p MODIFY v DATE NOT NULL", "CREATE TABLE c (id INT PRIMARY KEY, p INT, FOREIGN KEY (p) REFERENCES p (id) ON DELETE CASCADE)", "INSERT INTO c VALUES (1, 1), (2, 2), (3, 3)",
		"ALTER TABLE older ADD FOREIGN KEY (p) REFERENCES p (id) ON DELETE SET NULL", "DELETE FROM p WHERE id = 2")
	r.start()
	r.caughtUp()
	if problem := r.settled(); problem != "" {
		t.Error(problem)
	}
	r.source("DELETE FROM p WHERE id = 1", "INSERT INTO c VALUES (4, 3)")
	r.caughtUp()
	r.same()
}
