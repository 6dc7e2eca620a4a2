package ddl_test

import (
	"testing"

	"pgchameleon/internal/mapping"
	"pgchameleon/internal/testserver"
	"pgchameleon/internal/typemap"
)

func overriding(of, to string) func(*mapping.Rules) {
	return func(r *mapping.Rules) {
		r.Overrides = []mapping.Override{{Type: of, To: to, Tables: []string{"*"}}}
	}
}

func masking(column, mask string) func(*mapping.Rules) {
	return func(r *mapping.Rules) {
		m, err := typemap.ParseMask(mask)
		if err != nil {
			panic(err)
		}
		r.Masks = []mapping.Masking{{Column: "*." + column, Mask: m.WithKey([]byte("a key for tests"))}}
	}
}

func ruling(rule typemap.Rule, handling string) func(*mapping.Rules) {
	return func(r *mapping.Rules) {
		h, err := rule.Handling(handling)
		if err != nil {
			panic(err)
		}
		r.Values = []mapping.ValueRule{{Rule: rule, Handling: h}}
	}
}

func collating(c typemap.Collation) func(*mapping.Rules) {
	return func(r *mapping.Rules) { r.Collates = []mapping.Collating{{Column: "*", Collation: c}} }
}

// What overrides, masks, rules and collations make of a table is the same by DDL as by a
// new copy, or the table is parked.
var valueStories = []story{
	// Overrides.
	{rules: overriding("tinyint(1)", "boolean"), run: []string{"CREATE TABLE u (id INT PRIMARY KEY, f TINYINT(1) NOT NULL DEFAULT 1)", "ALTER TABLE t ADD f TINYINT(1) NOT NULL", "ALTER TABLE t ADD g TINYINT(1) DEFAULT TRUE, MODIFY f TINYINT(1) DEFAULT 1"}},
	{rules: overriding("tinyint(1)", "boolean"), setup: []string{"CREATE TABLE t (id INT PRIMARY KEY, f TINYINT(1))", "INSERT INTO t VALUES (1, 2), (2, 0)"}, run: alter("MODIFY f INT"), excluded: "override"},
	{rules: overriding("enum", "text"), run: alter("MODIFY e ENUM('p','q','r','s') DEFAULT 's'", "ADD f ENUM('x','y') NOT NULL", "ADD g ENUM('x') DEFAULT 'x'")},
	{rules: overriding("enum", "text"), run: alter("MODIFY e ENUM('P','q')"), excluded: "override"},
	{rules: overriding("int*", "bigint"), run: alter("MODIFY a INT NOT NULL DEFAULT 7", "CHANGE a aa INT UNSIGNED", "ADD c INT UNSIGNED NOT NULL DEFAULT 4294967295"), setup: []string{base[0], "INSERT INTO t (a, b, n) VALUES (1, 'x1', 1)"}, excluded: "override"},
	{rules: overriding("int", "numeric(30)"), run: alter("ADD c INT DEFAULT 5", "CHANGE a aa INT", "ALTER aa SET DEFAULT 9")},
	{rules: overriding("set(*", "text[]"), run: alter("ADD s SET('m','n','o') DEFAULT 'o,m'", "MODIFY s SET('m','n','o','p')")},
	{rules: overriding("time", "interval"), run: alter("ADD c TIME DEFAULT '-100:00:01'", "ADD d2 TIME NOT NULL")},

	// Masks.
	{rules: masking("b", "hash"), run: alter("DROP INDEX ub, ADD c INT", "MODIFY b VARCHAR(40) NOT NULL DEFAULT 'y'", "ALTER b DROP DEFAULT", "MODIFY b VARCHAR(40) NULL")},
	{rules: masking("b", "hash"), run: alter("MODIFY b CHAR(20)"), excluded: "mask"},
	{rules: masking("b", "hash"), run: alter("CHANGE b bb VARCHAR(20)"), excluded: "give both names the same mask"},
	{rules: masking("c", "hash"), run: alter("ADD c VARCHAR(20) NOT NULL DEFAULT 'secret'", "ADD d2 INT")},
	{rules: masking("c", "hash"), run: alter("ADD c INT NOT NULL", "MODIFY c BIGINT NOT NULL")},
	{rules: masking("c", "keep_first(2)"), run: alter("ADD c VARCHAR(20) NOT NULL DEFAULT 'secret'", "MODIFY c VARCHAR(200)")},
	{rules: masking("c", "fixed(x)"), run: alter("ADD c VARCHAR(20) NOT NULL DEFAULT 'secret'", "MODIFY c TEXT", "ADD d2 INT")},
	{rules: masking("c", "fixed(7)"), run: alter("ADD c INT DEFAULT 5", "MODIFY c BIGINT NOT NULL", "MODIFY c VARCHAR(9)")},
	{rules: masking("c", "null"), run: alter("ADD c VARCHAR(20) NOT NULL DEFAULT 'secret'", "MODIFY c INT NOT NULL", "ADD UNIQUE (c)"), setup: []string{"CREATE TABLE t (id INT PRIMARY KEY)", "INSERT INTO t VALUES (1)"}},
	{rules: masking("c", "keep_first(2)"), run: alter("ADD c VARCHAR(20)", "ADD UNIQUE (c)"), excluded: "hash"},
	{rules: masking("c", "hash"), run: alter("ADD c VARCHAR(9) DEFAULT 'a'", "ALTER c SET DEFAULT 'b'", "ALTER c DROP DEFAULT", "ADD c2 INT DEFAULT 4")},
	{rules: masking("c", "hash"), run: alter("ADD c ENUM('secret','known') NOT NULL")},

	// Rules.
	{rules: ruling(typemap.ZeroDate, "1970-01-01"), run: alter("ADD c DATE NOT NULL DEFAULT '0000-00-00'", "MODIFY c DATE", "ADD c2 DATETIME(3) DEFAULT '0000-00-00 00:00:00'")},
	{rules: ruling(typemap.ZeroDate, "infinity"), run: alter("ADD c DATE NOT NULL", "MODIFY c DATE NULL", "MODIFY c DATE NOT NULL")},
	{rules: ruling(typemap.ZeroDate, "null"), run: alter("ADD c DATETIME NOT NULL", "MODIFY c DATETIME NULL")},

	// Collations.
	{mode: strict, rules: collating(typemap.CIText), run: alter("ADD c VARCHAR(20) NOT NULL DEFAULT 'A'", "ADD INDEX (c)", "DROP INDEX c, MODIFY c TEXT", "MODIFY b VARCHAR(30) NOT NULL", "MODIFY b DATE NULL"), setup: []string{base[0], "INSERT INTO t (a, b, n) VALUES (1, '2024-02-29', 1)"}},
	{mode: strict, rules: collating(typemap.ICU), run: alter("ADD c VARCHAR(20) NOT NULL DEFAULT 'A', ADD INDEX (c)", "DROP INDEX c", "MODIFY b VARCHAR(30) NOT NULL", "MODIFY b VARCHAR(30) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin", "MODIFY c TEXT CHARACTER SET latin1 COLLATE latin1_swedish_ci", "MODIFY b DATE"),
		setup: []string{base[0], "INSERT INTO t (a, b, n) VALUES (1, '2024-02-29', 1)"}},
	{rules: collating(typemap.ICU), run: []string{"CREATE TABLE u (a VARCHAR(9) PRIMARY KEY, b INT)", "CREATE TABLE nokey (a VARCHAR(9))"}},
}

func TestDDLUnderRules(t *testing.T) {
	for _, server := range []string{testserver.Source, "mysql-9.7"} {
		t.Run(server, func(t *testing.T) {
			b := newBench(t, server)
			b.must(b.target, "CREATE EXTENSION citext")
			b.mode = ""
			for _, s := range valueStories {
				if s.setup == nil {
					s.setup = base
				}
				b.follow(s)
			}
		})
	}
}
