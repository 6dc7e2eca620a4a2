package ddl_test

import (
	"strings"
	"testing"

	"pgchameleon/internal/ddl"
	"pgchameleon/internal/ddl/parse"
	"pgchameleon/internal/event"
	"pgchameleon/internal/mapping"
	"pgchameleon/internal/schema"
)

// standing maps tables of one database from their definitions.
func standing(t *testing.T, d parse.Dialect, change func(*mapping.Rules), definitions ...string) (tables []*mapping.Table, find func(schema.Name) *mapping.Table) {
	t.Helper()
	rules := &mapping.Rules{Schemas: map[string]string{"shop": "s"}}
	if change != nil {
		change(rules)
	}
	for _, text := range definitions {
		source, err := ddl.Table("shop", text, d)
		if err != nil {
			t.Fatal(err)
		}
		mapped, err := rules.Table(source)
		if err != nil {
			t.Fatal(err)
		}
		tables = append(tables, mapped)
	}
	return tables, func(name schema.Name) *mapping.Table {
		for _, one := range tables {
			if one.Source.Name == name {
				return one
			}
		}
		return nil
	}
}

var modern = parse.Dialect{Flavor: event.MySQL, Version: 90704, Collation: "utf8mb4_0900_ai_ci"}

func TestForeignKeysOfAStandaloneTable(t *testing.T) {
	tables, find := standing(t, modern, nil,
		"CREATE TABLE `a` (`id` int NOT NULL, `x` int NOT NULL, `y` varchar(5) NOT NULL, `z` int, PRIMARY KEY (`id`), UNIQUE KEY `u` (`y`,`x`), UNIQUE KEY `p` (`y`(2)), KEY `k` (`z`)) ENGINE=InnoDB",
		"CREATE TABLE `b` (`id` int NOT NULL, `n` int DEFAULT NULL, `m` varchar(5) DEFAULT NULL, "+
			"CONSTRAINT `plain` FOREIGN KEY (`n`) REFERENCES `a` (`id`), "+
			"CONSTRAINT `two` FOREIGN KEY (`n`, `m`) REFERENCES `a` (`x`, `y`) ON DELETE SET NULL ON UPDATE CASCADE, "+
			"CONSTRAINT `quiet` FOREIGN KEY (`n`) REFERENCES `a` (`id`) ON DELETE NO ACTION ON UPDATE RESTRICT, "+
			"CONSTRAINT `loose` FOREIGN KEY (`n`) REFERENCES `a` (`z`), CONSTRAINT `prefix` FOREIGN KEY (`m`) REFERENCES `a` (`y`), "+
			"CONSTRAINT `away` FOREIGN KEY (`n`) REFERENCES `other`.`a` (`id`), CONSTRAINT `"+strings.Repeat("long", 16)+"` FOREIGN KEY (`n`) REFERENCES `a` (`id`)) ENGINE=InnoDB")
	got := ddl.ForeignKeys(tables[1], find)
	want := []struct{ add, skipped string }{
		{`FOREIGN KEY ("n") REFERENCES "s"."a" ("id") NOT VALID`, ""},
		{`FOREIGN KEY ("n", "m") REFERENCES "s"."a" ("x", "y") ON DELETE SET NULL ON UPDATE CASCADE NOT VALID`, ""},
		{`FOREIGN KEY ("n") REFERENCES "s"."a" ("id") ON UPDATE RESTRICT NOT VALID`, ""},
		{"", "are not unique"}, {"", "are not unique"}, {"", "other.a, which is not replicated"},
		{`REFERENCES "s"."a" ("id") NOT VALID`, ""},
	}
	if len(got) != len(want) {
		t.Fatalf("%d keys", len(got))
	}
	for i, k := range got {
		if !strings.HasSuffix(k.Add, want[i].add) || (k.Add == "") != (k.Skipped != "") || !strings.Contains(k.Skipped, want[i].skipped) {
			t.Errorf("%s %s: %s; %s", k.Name, k.What, k.Add, k.Skipped)
		}
		if k.Skipped == "" && (k.Validate != `ALTER TABLE "s"."b" VALIDATE CONSTRAINT `+mapping.Quote(k.Name) || len(k.Name) > 63) {
			t.Errorf("%s: %s", k.Name, k.Validate)
		}
	}
	if want := `SELECT count(*) FROM "s"."b" AS c WHERE c."n" IS NOT NULL AND c."m" IS NOT NULL AND NOT EXISTS (SELECT FROM "s"."a" AS p WHERE p."x" = c."n" AND p."y" = c."m")`; got[1].Violations != want {
		t.Errorf("violations: %s", got[1].Violations)
	}
}

func TestChecksOfAStandaloneTable(t *testing.T) {
	maria := parse.Dialect{Flavor: event.MariaDB, Version: 110806}
	tables, _ := standing(t, maria, func(r *mapping.Rules) {
		r.Overrides = []mapping.Override{{Type: "int", To: "bigint", Columns: []string{"shop.c.o"}}}
	},
		"CREATE TABLE `c` (`a` int CHECK (`a` > 0), `b` varchar(5) COLLATE utf8mb4_general_ci, `j` longtext CHECK (json_valid(`j`)), `o` int, `k` int, "+
			"CONSTRAINT `twin` CHECK (`a` < `k`), CONSTRAINT `text` CHECK (`b` in ('x','y')), CONSTRAINT `odd` CHECK (sqrt(`a`) > 1), CONSTRAINT `over` CHECK (`o` > 1), "+
			"CONSTRAINT `twin` FOREIGN KEY (`k`) REFERENCES `c` (`a`)) ENGINE=InnoDB")
	want := map[string][3]string{
		"a":          {`ALTER TABLE "s"."c" ADD CONSTRAINT "a" CHECK (("a" > 0)) NOT VALID`, "", ""},
		"twin_check": {`ALTER TABLE "s"."c" ADD CONSTRAINT "twin_check" CHECK (("a" < "k")) NOT VALID`, "", ""},
		"text": {`ALTER TABLE "s"."c" ADD CONSTRAINT "text" CHECK (((lower("c"."b") = lower('x')) OR (lower("c"."b") = lower('y')))) NOT VALID`,
			"text is compared without regard to case as lower() has it; accents and the order of letters are PostgreSQL's", ""},
		"odd":  {"", "", "the function SQRT has no exact translation"},
		"over": {"", "", "column o is masked or has an overridden type"},
	}
	for _, k := range ddl.Checks(tables[0], maria) {
		if got := [3]string{k.Add, k.Differs, k.Skipped}; got != want[k.Name] {
			t.Errorf("%s: %q", k.Name, got)
		}
		delete(want, k.Name)
	}
	for name := range want {
		t.Errorf("there is no %s", name)
	}
	tables, _ = standing(t, modern, nil, "CREATE TABLE `d` (`a` int DEFAULT NULL, CONSTRAINT `off` CHECK ((`a` > 0)) /*!80016 NOT ENFORCED */) ENGINE=InnoDB")
	if got := ddl.Checks(tables[0], modern); len(got) != 1 || got[0].Skipped != "it is NOT ENFORCED on the source" {
		t.Errorf("%+v", got)
	}
}

func TestGeneratedColumnsOfAStandaloneTable(t *testing.T) {
	tables, _ := standing(t, modern, nil,
		"CREATE TABLE `g` (`id` int NOT NULL, `a` int DEFAULT NULL, `one` int GENERATED ALWAYS AS ((`a` + 1)) STORED NOT NULL COMMENT 'it''s', `two` bigint GENERATED ALWAYS AS ((`three` * 2)) VIRTUAL, "+
			"`three` int GENERATED ALWAYS AS ((`a` - 1)) VIRTUAL, `e` enum('x','y') DEFAULT NULL, `label` varchar(9) GENERATED ALWAYS AS (concat(`e`,'')) VIRTUAL, `far` double GENERATED ALWAYS AS (sqrt(`a`)) VIRTUAL, "+
			"`at` datetime(3) DEFAULT NULL ON UPDATE CURRENT_TIMESTAMP(3), `s` timestamp NULL DEFAULT NULL ON UPDATE CURRENT_TIMESTAMP, PRIMARY KEY (`id`)) ENGINE=InnoDB")
	g := tables[0]
	list := ddl.GeneratedColumns(g, modern)
	want := map[string][2]bool{"one": {true, true}, "two": {true, false}, "three": {true, false}, "label": {true, false}, "far": {false, false}} // has a value, inside
	for _, c := range list {
		if got := [2]bool{c.Value != "", c.Inside}; got != want[c.Column.Name] {
			t.Errorf("%s: %v %s %s", c.Column.Name, got, c.Value, c.Reason)
		}
		if c.Inside != (c.Reason == "") {
			t.Errorf("%s: %s", c.Column.Name, c.Reason)
		}
	}
	sql, violations := list[0].Inwards(g, []string{"CREATE INDEX again"})
	if len(sql) != 3 || !strings.HasPrefix(sql[0], `ALTER TABLE "s"."g" DROP COLUMN "one", ADD COLUMN "one" integer GENERATED ALWAYS AS (`) || !strings.HasSuffix(sql[0], ") STORED NOT NULL") ||
		sql[1] != `COMMENT ON COLUMN "s"."g"."one" IS 'it''s'` || sql[2] != "CREATE INDEX again" || !strings.HasPrefix(violations, `SELECT count(*) FROM "s"."g" WHERE "one" IS DISTINCT FROM (`) {
		t.Errorf("%q %s", sql, violations)
	}
	sql, columns, skipped := ddl.OnUpdateTrigger(g)
	if strings.Join(columns, ",") != "at,s" || skipped != nil || len(sql) != 2 || !strings.Contains(sql[0], `LOCALTIMESTAMP(3)`) || strings.Contains(sql[0], `NEW."one"`) {
		t.Errorf("%v %v %q", columns, skipped, sql)
	}
}
