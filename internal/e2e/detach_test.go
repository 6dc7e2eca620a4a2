package e2e

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"pgchameleon/internal/testserver"
)

// wholeShop is a schema with all that a database does besides holding rows.
func wholeShop(r *replica) {
	r.source(
		`CREATE TABLE customers (
			id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, email VARCHAR(100) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL UNIQUE, name VARCHAR(50),
			credit DECIMAL(10,2) NOT NULL DEFAULT 0, kind ENUM('private','company') NOT NULL DEFAULT 'private',
			changed TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3) ON UPDATE CURRENT_TIMESTAMP(3),
			CONSTRAINT credit_is_positive CHECK (credit >= 0), CONSTRAINT names_alike CHECK (name <> 'Nobody'))`,
		`CREATE TABLE warehouses (country CHAR(2) NOT NULL, no INT NOT NULL, city VARCHAR(50), PRIMARY KEY (country, no))`,
		`CREATE TABLE stock (
			id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, country CHAR(2) NOT NULL, no INT NOT NULL, item VARCHAR(20) NOT NULL, amount INT NOT NULL,
			CONSTRAINT in_warehouse FOREIGN KEY (country, no) REFERENCES warehouses (country, no) ON DELETE RESTRICT ON UPDATE CASCADE)`,
		`CREATE TABLE categories (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, parent INT, name VARCHAR(20),
			CONSTRAINT below FOREIGN KEY (parent) REFERENCES categories (id) ON DELETE SET NULL)`,
		`CREATE TABLE employees (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, department INT, name VARCHAR(20))`,
		`CREATE TABLE departments (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, head INT, CONSTRAINT headed FOREIGN KEY (head) REFERENCES employees (id))`,
		`ALTER TABLE employees ADD CONSTRAINT works_in FOREIGN KEY (department) REFERENCES departments (id)`,
		`CREATE TABLE orders (
			id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, customer INT NOT NULL, ordered DATETIME NOT NULL,
			CONSTRAINT of_customer FOREIGN KEY (customer) REFERENCES customers (id) ON DELETE CASCADE)`,
		`CREATE TABLE items (
			order_id INT NOT NULL, no INT NOT NULL, amount INT NOT NULL, price DECIMAL(8,2) NOT NULL,
			total DECIMAL(12,2) AS (amount * price) STORED, twice DECIMAL(14,2) AS (total * 2) VIRTUAL,
			big DECIMAL(10,2) AS (price + 1) STORED COMMENT 'worked out', strange DOUBLE AS (sqrt(amount)) VIRTUAL,
			PRIMARY KEY (order_id, no), KEY by_big (big, no),
			CONSTRAINT of_order FOREIGN KEY (order_id) REFERENCES orders (id) ON DELETE CASCADE)`,
		`CREATE TABLE skipped (id INT PRIMARY KEY)`,
		`CREATE TABLE notes (id INT PRIMARY KEY, skipped INT, body TEXT, CONSTRAINT of_skipped FOREIGN KEY (skipped) REFERENCES skipped (id))`,
		`CREATE TABLE counters (id TINYINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, v INT)`,
		`CREATE TRIGGER audit BEFORE INSERT ON orders FOR EACH ROW SET NEW.ordered = NEW.ordered`,
		`CREATE PROCEDURE tidy() BEGIN DELETE FROM notes; END`,
		`CREATE FUNCTION one() RETURNS INT DETERMINISTIC RETURN 1`,
		`CREATE EVENT nightly ON SCHEDULE EVERY 1 DAY DISABLE DO DELETE FROM notes`,
		`INSERT INTO customers (email, name, credit) VALUES ('a@x', 'Ann', 10), ('b@x', 'Bob', 20), ('c@x', NULL, 0)`,
		`INSERT INTO warehouses VALUES ('DE', 1, 'Bonn'), ('DE', 2, 'Jena'), ('FR', 1, 'Lyon')`,
		`INSERT INTO stock (country, no, item, amount) VALUES ('DE', 1, 'nail', 100), ('FR', 1, 'nail', 7)`,
		`INSERT INTO categories (id, parent, name) VALUES (1, NULL, 'all'), (2, 1, 'tools'), (3, 2, 'hammers')`,
		`INSERT INTO employees VALUES (1, NULL, 'Eve'), (2, NULL, 'Tom')`, `INSERT INTO departments VALUES (1, 1), (2, NULL)`, `UPDATE employees SET department = 1`,
		`INSERT INTO orders (customer, ordered) VALUES (1, '2030-01-01 10:00:00'), (1, '2030-01-02 10:00:00'), (2, '2030-01-03 10:00:00')`,
		`INSERT INTO items (order_id, no, amount, price) VALUES (1, 1, 2, 3.50), (1, 2, 1, 100), (2, 1, 5, 0.99)`,
		`INSERT INTO counters (v) VALUES (1), (2)`,
	)
}

// detachable makes a replica of the shop that is up to date and followed.
func detachable(t *testing.T, server, target string) *replica {
	t.Helper()
	return detachableOn(t, testserver.Shared(t, server), testserver.Shared(t, target))
}

func detachableOn(t *testing.T, src, dst *testserver.Server) *replica {
	t.Helper()
	db := src.Database(t, "e2e")
	r := newReplica(t, src, dst, options{schemas: map[string]string{db: "shop"}, yaml: fmt.Sprintf("    skip_tables:\n    - %s.skipped\n", db)})
	wholeShop(r)
	r.init()
	r.start()
	// Rows that break their rules, as old databases have them.
	r.source("SET foreign_key_checks = 0", "INSERT INTO stock (country, no, item, amount) VALUES ('XX', 9, 'ghost', 1), ('XX', 8, 'ghost', 1)", "SET foreign_key_checks = 1",
		"ALTER TABLE counters AUTO_INCREMENT = 50", "INSERT INTO categories (parent, name) VALUES (3, 'sledges')")
	r.caughtUp()
	return r
}

// one gives the one value of a query.
func (r *replica) one(sql string) string {
	r.t.Helper()
	rows := r.target(sql)
	if len(rows) != 1 || len(rows[0]) != 1 {
		r.t.Fatalf("%s gives %v", sql, rows)
	}
	return rows[0][0]
}

// wants compares the one value of each query.
func (r *replica) wants(pairs ...string) {
	r.t.Helper()
	for i := 0; i < len(pairs); i += 2 {
		if got := r.one(pairs[i]); got != pairs[i+1] {
			r.t.Errorf("%s gives %q, not %q", pairs[i], got, pairs[i+1])
		}
	}
}

// refused runs statements that PostgreSQL must not take.
func (r *replica) refused(statements ...string) {
	r.t.Helper()
	for _, sql := range statements {
		conn, err := r.dst.Connect(r.t.Context(), r.database)
		if err != nil {
			r.t.Fatal(err)
		}
		if err := conn.Exec(r.t.Context(), sql); err == nil {
			r.t.Errorf("PostgreSQL takes %s", sql)
		}
		_ = conn.Close()
	}
}

const constraintsOf = `SELECT string_agg(conname || CASE WHEN convalidated THEN '' ELSE ' (not valid)' END, ', ' ORDER BY conname COLLATE "C")
	FROM pg_constraint WHERE connamespace = 'shop'::regnamespace AND contype IN ('c', 'f')`

// A shop is cut over: PostgreSQL goes on by itself with what the source did until then.
func TestAShopIsDetached(t *testing.T) {
	t.Parallel()
	for name, target := range map[string]string{"mariadb-11.8": testserver.Target, "mysql-9.7": "postgres-18"} {
		t.Run(name, func(t *testing.T) {
			r := detachable(t, name, target)
			mariadb := strings.HasPrefix(name, "mariadb")
			if mariadb { // its sequences are followed: the detachment leaves them alone
				r.source("CREATE SEQUENCE tickets START WITH 1000 CACHE 10", "CREATE TABLE tickets_sold (id BIGINT NOT NULL DEFAULT (NEXTVAL(tickets)) PRIMARY KEY, v INT)",
					"INSERT INTO tickets_sold (v) VALUES (1), (2)")
				r.caughtUp()
			}
			const own = "SELECT (SELECT count(*) FROM pg_constraint WHERE contype = 'f') + (SELECT count(*) FROM pg_trigger) + (SELECT count(*) FROM sch_chameleon.t_detachments)"
			before := r.one(own)
			plan := r.must("detach_replica", "--source", "mysql", "--dry-run", "--full")
			for _, want := range []string{
				`ADD CONSTRAINT "in_warehouse" FOREIGN KEY ("country", "no") REFERENCES "shop"."warehouses" ("country", "no")`, `ON UPDATE CASCADE NOT VALID`,
				`VALIDATE CONSTRAINT "below"`, `GENERATED ALWAYS AS (`, "setval(", "names_alike", "skip_tables leaves it out", "sqrt",
				"procedure", r.marker + ".tidy", "function", r.marker + ".one", "event", r.marker + ".nightly", "trigger", r.marker + ".audit", "BEFORE INSERT ON orders",
			} {
				if !strings.Contains(strings.ToLower(plan), strings.ToLower(want)) {
					t.Errorf("the plan lacks %q:\n%s", want, plan)
				}
			}
			r.wants(own, before)
			r.source("INSERT INTO customers (email, name) VALUES ('d@x', 'Dan')") // the replica has gone on
			r.caughtUp()
			r.source("INSERT INTO orders (customer, ordered) VALUES (3, '2030-01-04 10:00:00')") // and is to be drained
			if out, code := r.run("detach_replica", "--source", "mysql"); code != 6 {
				t.Errorf("without an answer the code is %d:\n%s", code, out)
			}
			out, code := r.run("detach_replica", "--source", "mysql", "--yes", "--full")
			if code != 5 || !strings.Contains(out, "2 rows are against it") || !strings.Contains(out, "is detached at") || !strings.Contains(out, "rows are the same on both sides") {
				t.Fatalf("exit code %d:\n%s", code, out)
			}
			r.standsAlone()
			if mariadb {
				r.wants("INSERT INTO shop.tickets_sold (v) VALUES (3) RETURNING id", "1010")
			}
			r.dst.Exec(t, r.database, `DELETE FROM shop.stock WHERE country = 'XX'`)
			r.must("detach_replica", "--source", "mysql", "--yes")
			if got := r.one(constraintsOf); strings.Contains(got, "not valid") {
				t.Errorf("after the rows were mended: %s", got)
			}
			if out := r.must("detach_replica", "--source", "mysql", "--yes"); !strings.Contains(out, "nothing is left to do") {
				t.Errorf("a third time:\n%s", out)
			}
		})
	}
}

// standsAlone checks what the shop's tables do without a source.
func (r *replica) standsAlone() {
	r.t.Helper()
	r.wants(
		"SELECT count(*) FROM sch_chameleon.t_sources", "0",
		constraintsOf, "below, credit_is_positive, headed, in_warehouse (not valid), names_alike, of_customer, of_order, works_in",
		"SELECT count(*) FROM shop.orders", "4",
		"INSERT INTO shop.customers (email, name) VALUES ('e@x', 'Eve') RETURNING id", "5",
		"INSERT INTO shop.stock (country, no, item, amount) VALUES ('DE', 2, 'nail', 5) RETURNING id", "5",
		"INSERT INTO shop.counters (v) VALUES (3) RETURNING id", "50",
		"INSERT INTO shop.categories (parent, name) VALUES (4, 'tiny') RETURNING id", "5",
		"INSERT INTO shop.items (order_id, no, amount, price) VALUES (4, 1, 3, 2.25) RETURNING concat(total, ' ', twice, ' ', big)", "6.75 13.50 3.25",
		"UPDATE shop.items SET price = 10 WHERE order_id = 4 RETURNING concat(total, ' ', twice, ' ', big)", "30.00 60.00 11.00",
		"SELECT string_agg(attname, ',' ORDER BY attname) FROM pg_attribute WHERE attrelid = 'shop.items'::regclass AND attgenerated = 's'", "big",
		"SELECT col_description('shop.items'::regclass, attnum) FROM pg_attribute WHERE attrelid = 'shop.items'::regclass AND attname = 'big'", "worked out",
		"SELECT count(*) FROM pg_indexes WHERE indexname = 'items__by_big'", "1",
		"WITH u AS (UPDATE shop.customers SET name = 'Anna' WHERE id = 1 RETURNING changed) SELECT changed > now() - interval '1 minute' FROM u", "t",
		"SELECT count(*) FROM shop.items WHERE order_id IN (1, 2)", "3",
	)
	r.refused("INSERT INTO shop.stock (country, no, item, amount) VALUES ('YY', 1, 'x', 1)", "UPDATE shop.customers SET credit = -1 WHERE id = 1", "UPDATE shop.customers SET name = 'NOBODY'",
		"DELETE FROM shop.warehouses WHERE country = 'FR'", "INSERT INTO shop.orders (customer, ordered) VALUES (99, now())")
	r.dst.Exec(r.t, r.database, "UPDATE shop.warehouses SET no = 7 WHERE country = 'FR'", "DELETE FROM shop.customers WHERE id = 1", "DELETE FROM shop.categories WHERE id = 1",
		"UPDATE shop.customers SET changed = '2001-01-01' WHERE id = 2", "UPDATE shop.customers SET name = name WHERE id = 2")
	r.wants(
		"SELECT no FROM shop.stock WHERE country = 'FR'", "7",
		"SELECT count(*) FROM shop.items WHERE order_id IN (1, 2)", "0",
		"SELECT coalesce(parent::text, 'none') FROM shop.categories WHERE id = 2", "none",
		"SELECT changed::date FROM shop.customers WHERE id = 2", "2001-01-01",
	)
}

// What keeps a detachment from beginning, and what is seen when both sides are compared.
func TestADetachmentIsRefused(t *testing.T) {
	t.Parallel()
	for _, name := range []string{testserver.Source, "mysql-9.7"} {
		t.Run(name, func(t *testing.T) {
			src, dst := testserver.Shared(t, name), testserver.Shared(t, testserver.Target)
			db := src.Database(t, "e2e")
			r := newReplica(t, src, dst, options{schemas: map[string]string{db: "zoo"}, yaml: "    refill: manual\n    copy_max_memory: \"20k\"\nvalue_rules:\n  by_column:\n    \"*.dated.d\":\n      zero_date: error\n"})
			r.source("CREATE TABLE keyed (id INT PRIMARY KEY, j JSON, d DOUBLE, s VARCHAR(20), t TIMESTAMP NULL, b VARBINARY(8), e ENUM('a','b'), n DECIMAL(20,4) UNSIGNED)",
				"CREATE TABLE loose (a INT, b VARCHAR(10))", "CREATE TABLE pair (a VARCHAR(10), b DATE, v INT, PRIMARY KEY (a, b))", "CREATE TABLE lone (id INT PRIMARY KEY, v INT)",
				"INSERT INTO loose VALUES (1, 'x'), (1, 'x'), (NULL, NULL), (NULL, NULL), (2, 'tab\\tnl\\n')", "INSERT INTO pair VALUES ('a', '2030-01-01', 1), ('b', '2030-01-01', 2), ('b', '2030-01-02', 3)",
				"INSERT INTO lone VALUES (1, 1)", "SET SESSION sql_mode = ''", "CREATE TABLE dated (id INT PRIMARY KEY, d DATE)", "INSERT INTO dated VALUES (1, '2030-01-01'), (2, '0000-00-00'), (3, NULL)")
			for from := range 5 {
				var rows []string
				for i := range 400 {
					id := from*400 + i
					rows = append(rows, fmt.Sprintf(`(%d, '{"k": [%d, 1.50, "x"]}', %d/7, 'straße %d', '2030-01-01 00:00:%02d', X'00FF', 'b', %d.5)`, id, id, id, id, id%60, id))
				}
				r.source("INSERT INTO keyed VALUES " + strings.Join(rows, ","))
			}
			fill(t, src, db, 1000)
			if out, code := r.run("detach_replica", "--source", "mysql", "--yes"); code != 6 || !strings.Contains(out, "init_replica") {
				t.Errorf("before the copy: %d\n%s", code, out)
			}
			r.init()
			dst.Exec(t, r.database, "ALTER TABLE zoo.lone ADD CHECK (v < 100)")
			r.start()
			r.source("INSERT INTO lone VALUES (2, 200)")
			r.caughtUp()
			refuse := func(want string, args ...string) {
				t.Helper()
				out, code := r.run(append([]string{"detach_replica", "--source", "mysql", "--yes"}, args...)...)
				if code != 6 || !strings.Contains(out, want) {
					t.Errorf("exit code %d, and not %q:\n%s", code, want, out)
				}
			}
			refuse(db + ".lone (excluded)")
			dst.Exec(t, r.database, "ALTER TABLE zoo.lone DROP CONSTRAINT lone_v_check")
			r.start()
			r.must("sync_tables", "--source", "mysql", "--tables", "disabled")
			r.allReplicate()

			writers := startTraffic(t, src, db, 1, 5)
			refuse("still written to")
			writers.stop()

			dst.Exec(t, r.database, "DELETE FROM zoo.keyed WHERE id IN (7, 1500)", "UPDATE zoo.keyed SET j = '{}' WHERE id = 1999", "UPDATE zoo.pair SET v = 9 WHERE a = 'a'",
				"INSERT INTO zoo.pair VALUES ('c', '2030-01-01', 1)", "DELETE FROM zoo.loose WHERE ctid = (SELECT min(ctid) FROM zoo.loose WHERE a = 1)", "UPDATE zoo.loose SET b = 'y' WHERE a = 2")
			refuse(db + ".keyed: 2 rows are missing, 1 differ, 0 are not on the source")
			refuse(db + ".pair: 0 rows are missing, 1 differ, 1 are not on the source")
			refuse(db + ".loose: 2 rows are missing, 0 differ, 1 are not on the source")
			if got := r.one("SELECT enm_status FROM sch_chameleon.t_sources"); got != "stopped" {
				t.Errorf("the status is %s", got)
			}
			r.start()
			r.must("sync_tables", "--source", "mysql", "--tables", db+".keyed,"+db+".pair,"+db+".loose")
			r.noRefills()
			if out := r.must("detach_replica", "--source", "mysql", "--yes"); !strings.Contains(out, "are the same on both sides, but for 1 rows that PostgreSQL cannot hold") {
				t.Errorf("when all is mended:\n%s", out)
			}
		})
	}
}

// kill -9 in the middle of the steps: nothing but detach_replica goes on with the tables, and it does
// each step once.
func TestADetachmentIsKilled(t *testing.T) {
	t.Parallel()
	r := detachable(t, testserver.Source, testserver.Target)
	r.source("SET foreign_key_checks = 0", "DELETE FROM stock WHERE country = 'XX'", "SET foreign_key_checks = 1")
	r.caughtUp()
	r.dst.Exec(t, r.database, "CREATE VIEW bigs AS SELECT big FROM shop.items") // of somebody: what it reads cannot be made anew
	reader, err := r.dst.Connect(context.Background(), r.database)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = reader.Close() }()
	for _, table := range []string{"customers", "orders", "items"} { // of which each is waited for at another step
		if err := reader.Exec(context.Background(), "BEGIN", "LOCK TABLE shop."+table+" IN ROW EXCLUSIVE MODE"); err != nil {
			t.Fatal(err)
		}
		cmd := r.command(context.Background(), "detach_replica", "--source", "mysql", "--yes")
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		r.eventually(limit, func() (bool, string) {
			rows := r.target("SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'shop." + table + "'::regclass")
			return rows[0][0] == "1", "nobody waits for " + table
		})
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait()
		if err := reader.Exec(context.Background(), "COMMIT"); err != nil {
			t.Fatal(err)
		}
		r.wants("SELECT enm_status FROM sch_chameleon.t_sources", "detaching")
		for _, wrong := range [][]string{{"start_replica", "--source", "mysql"}, {"init_replica", "--source", "mysql", "--debug"}, {"enable_replica", "--source", "mysql"},
			{"sync_tables", "--source", "mysql", "--tables", "disabled"}} {
			if out, code := r.run(wrong...); code != 6 || !strings.Contains(out, "detach_replica") {
				t.Errorf("%v: exit code %d\n%s", wrong, code, out)
			}
		}
	}
	plan := r.must("detach_replica", "--source", "mysql", "--dry-run")
	if strings.Contains(plan, "customers__on_update") || !strings.Contains(plan, `CONSTRAINT "of_order"`) {
		t.Errorf("the plan is not what is left:\n%s", plan)
	}
	if out := r.must("detach_replica", "--source", "mysql", "--yes"); !strings.Contains(out, "going on with the detachment") || !strings.Contains(out, "is detached at") {
		t.Error(out)
	}
	r.wants(constraintsOf, "below, credit_is_positive, headed, in_warehouse, names_alike, of_customer, of_order, works_in",
		"SELECT count(*) FROM sch_chameleon.t_detachments", "1",
		"SELECT string_agg(DISTINCT t_state, ',' ORDER BY t_state) FROM sch_chameleon.t_detach_steps", "done,left_out",
		"INSERT INTO shop.customers (email, name) VALUES ('e@x', 'Eve') RETURNING id", "4",
		"SELECT count(*) FROM pg_attribute WHERE attrelid = 'shop.items'::regclass AND attgenerated <> ''", "0",
		"INSERT INTO shop.items (order_id, no, amount, price) VALUES (3, 1, 3, 2.25) RETURNING concat(total, ' ', twice, ' ', big)", "6.75 13.50 3.25",
		"SELECT max(big) FROM bigs", "101.00")
}

// kill -9 at any moment: what was begun is gone on with, and is whole at the end.
func TestADetachmentIsKilledAtRandomMoments(t *testing.T) {
	t.Parallel()
	const seed = 31
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	r := detachable(t, "mysql-9.7", testserver.Target)
	r.source("SET foreign_key_checks = 0", "DELETE FROM stock WHERE country = 'XX'", "SET foreign_key_checks = 1")
	r.stop()
	r.source("INSERT INTO orders (customer, ordered) VALUES (3, '2030-01-04 10:00:00')") // is to be drained
	kills := 0
	for !r.killAfter(time.Duration(kills*100+random.IntN(300))*time.Millisecond, "detach_replica", "--source", "mysql", "--yes") {
		if kills++; kills > 200 {
			t.Fatal("it never ends")
		}
	}
	if t.Logf("killed %d times", kills); kills == 0 {
		t.Error("it was never killed")
	}
	r.wants(constraintsOf, "below, credit_is_positive, headed, in_warehouse, names_alike, of_customer, of_order, works_in",
		"SELECT count(*) FROM shop.orders", "4",
		"SELECT string_agg(DISTINCT t_state, ',' ORDER BY t_state) FROM sch_chameleon.t_detach_steps", "done,left_out",
		"SELECT count(*) FROM sch_chameleon.t_sources", "0",
		"SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal", "2")
}

// Tables that somebody else has made keep their definitions: their sequences go on, and foreign
// keys are made unless they are there.
func TestATableOfSomebodyElseIsDetached(t *testing.T) {
	t.Parallel()
	src, dst := defaultPair(t)
	db := src.Database(t, "e2e")
	r := newReplica(t, src, dst, options{schemas: map[string]string{db: "own"}, yaml: "    keep_existing_schema: true\n"})
	r.source("CREATE TABLE a (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, v INT, g INT AS (v + 1) STORED, CHECK (v > 0))",
		"CREATE TABLE b (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, a INT, n INT NOT NULL, CONSTRAINT to_a FOREIGN KEY (a) REFERENCES a (id), CONSTRAINT again FOREIGN KEY (n) REFERENCES a (id) ON DELETE CASCADE)",
		"CREATE TABLE c (id INT PRIMARY KEY)", "CREATE TABLE d (id INT PRIMARY KEY)", "INSERT INTO c VALUES (7), (60)", "INSERT INTO d VALUES (50)",
		"INSERT INTO a (v) VALUES (1), (2), (3)", "INSERT INTO b (a, n) VALUES (1, 2), (NULL, 3)")
	dst.Exec(t, r.database, "CREATE SCHEMA own", "CREATE TABLE own.e2e_marker (id int PRIMARY KEY, n int NOT NULL)",
		"CREATE TABLE own.a (id int GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, v int, g int)",
		"CREATE SEQUENCE own.shared START 40", "CREATE TABLE own.c (id int PRIMARY KEY DEFAULT nextval('own.shared'))", "CREATE TABLE own.d (id int PRIMARY KEY DEFAULT nextval('own.shared'))",
		"CREATE TABLE own.b (id serial PRIMARY KEY, a int, n int, CONSTRAINT again FOREIGN KEY (n) REFERENCES own.a)")
	r.init()
	r.start()
	r.source("INSERT INTO a (v) VALUES (4)")
	r.caughtUp()
	out := r.must("detach_replica", "--source", "mysql", "--yes", "--full")
	if !strings.Contains(out, "is there already") {
		t.Errorf("the report:\n%s", out)
	}
	r.wants("INSERT INTO own.a (v) VALUES (-5) RETURNING id || ' ' || coalesce(g::text, 'nothing')", "5 nothing", "INSERT INTO own.b (a, n) VALUES (5, 5) RETURNING id", "3",
		"INSERT INTO own.d DEFAULT VALUES RETURNING id", "61", "INSERT INTO own.c DEFAULT VALUES RETURNING id", "62",
		"SELECT string_agg(conname, ',' ORDER BY conname) FROM pg_constraint WHERE conrelid = 'own.b'::regclass AND contype = 'f' AND convalidated", "again,to_a",
		"SELECT confdeltype FROM pg_constraint WHERE conname = 'again'", "a")
}

// What is in the way can be passed over, and is told.
func TestADetachmentIsForced(t *testing.T) {
	t.Parallel()
	src, dst := defaultPair(t)
	db := src.Database(t, "e2e")
	r := newReplica(t, src, dst, options{schemas: map[string]string{db: "forced"}})
	fill(t, src, db, 300)
	r.source("CREATE TABLE lone (id INT PRIMARY KEY, v INT)", "INSERT INTO lone VALUES (1, 1)")
	r.init()
	dst.Exec(t, r.database, "ALTER TABLE forced.lone ADD CHECK (v < 100)")
	r.start()
	r.source("INSERT INTO lone VALUES (2, 200)")
	writers := startTraffic(t, src, db, 1, 6)
	r.caughtUp()
	out := r.must("detach_replica", "--source", "mysql", "--yes", "--force", "--skip-verify")
	writers.stop()
	for _, want := range []string{"WARNING: the source was still written to", "WARNING: tables are not up to date and stay as they are: " + db + ".lone (excluded)", "both sides were not compared", "is detached at"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not told:\n%s", want, out)
		}
	}
	r.wants("SELECT count(*) FROM forced.lone", "1", "SELECT bool_and(convalidated)::text FROM pg_constraint WHERE contype = 'f'", "true",
		"SELECT count(*) FROM sch_chameleon.t_sources", "0")
}
