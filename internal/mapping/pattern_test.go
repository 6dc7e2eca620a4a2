package mapping

import (
	"testing"
	"unicode/utf8"

	"pgchameleon/internal/schema"
)

func TestPatternsOfNames(t *testing.T) {
	for _, c := range []struct {
		pattern, name string
		fold          int
		want          bool
	}{
		{"*", "shop.users.email", 0, true},
		{"*", "", 0, true},
		{"", "", 0, true},
		{"", "a", 0, false},
		{"shop.users.email", "shop.users.email", 0, true},
		{"shop.users.email", "shop.users.email2", 0, false},
		{"shop.users.email2", "shop.users.email", 0, false},
		{"shop.*", "shop.users.email", 16, true},
		{"shop.*.email", "shop.users.email", 16, true},
		{"*.email", "shop.users.email", 16, true},
		{"*.email", "shop.users.emails", 16, false},
		{"*mail*", "shop.users.email_2", 18, true},
		{"shop.user?", "shop.users", 10, true},
		{"shop.user?", "shop.user", 9, false},
		{"shop.user?.*", "shop.userß.id", 99, true}, // one character, two bytes
		{"shop.?*", "shop.", 5, false},
		{"a*b*c", "a-b-b-c", 7, true},
		{"a*b*c", "a-b-b-", 6, false},
		{"a**", "a", 1, true},
		{"shop.users[0]", "shop.users0", 11, false}, // all else means itself
		{"shop+users", "shopp.users", 11, false},
		{`shop\*`, "shop*", 5, false},
		{"SHOP.users", "shop.users", 10, false},
		{"SHOP.users", "shop.users", 0, true},
		{"shop.users.EMAIL", "shop.users.email", 11, true}, // the column's case never counts
		{"shop.USERS.EMAIL", "shop.users.email", 11, false},
		{"shop.users.GRÖSSE", "shop.users.größe", 11, false},
		{"shop.users.GRÖẞE", "shop.users.größe", 11, true},
		{"shop.users.Größe", "shop.users.größe", 99, false},
		{"*.É", "a.b.é", 4, true},
	} {
		if got := glob(c.pattern, c.name, c.fold); got != c.want {
			t.Errorf("%q means %q, case not counting from byte %d: %v", c.pattern, c.name, c.fold, got)
		}
		for end := 0; c.want && end <= len(c.name); end++ {
			if utf8.ValidString(c.name[:end]) && !begins(c.pattern, c.name[:end], c.fold) {
				t.Errorf("%q is said to mean nothing that begins with %q", c.pattern, c.name[:end])
			}
		}
	}
	for _, c := range []struct{ pattern, prefix string }{{"shop.users.email", "shop.orders."}, {"shop.users", "shop.users."}, {"sh?p.users.*", "stop.users."}} {
		if begins(c.pattern, c.prefix, len(c.prefix)) {
			t.Errorf("%q may mean something that begins with %q", c.pattern, c.prefix)
		}
	}
}

func TestPatternsOfTypes(t *testing.T) {
	for _, c := range []struct {
		pattern, is string
		want        bool
	}{
		{"tinyint(1)", "tinyint(1)", true},
		{"TinyInt ( 1 )", "tinyint(1)", true},
		{"tinyint(1)", "tinyint(4)", false},
		{"tinyint(1)", "tinyint", false},
		{"tinyint(1)", "tinyint(1) unsigned", false},
		{"tinyint", "tinyint(4)", true},
		{"tinyint", "tinyint", true},
		{"tinyint", "tinyint(1)", false}, // a boolean
		{"tinyint*", "tinyint(1)", true},
		{"boolean", "tinyint(1)", true},
		{"bool", "tinyint", false},
		{"int", "int(11)", true},
		{"int", "int(5)", true},
		{"int", "int", true},
		{"int", "int(10) unsigned", false},
		{"int", "bigint(20)", false},
		{"int(11)", "int", true},
		{"int(5)", "int", false},
		{"int(11)", "int(5)", false},
		{"integer", "int(11)", true},
		{"int unsigned", "int(10) unsigned", true},
		{"int unsigned", "int(7) unsigned zerofill", true},
		{"int unsigned zerofill", "int(10) unsigned", false},
		{"int(10)unsigned", "int(10) unsigned", true},
		{"int(10)  UNSIGNED", "int unsigned", true},
		{"int unsigned", "int", false},
		{"bigint(20) unsigned", "bigint unsigned", true},
		{"bigint unsigned", "bigint(20) unsigned", true},
		{"bigint(20)", "bigint unsigned", false},
		{"year(4)", "year", true},
		{"year", "year(4)", true},
		{"decimal", "decimal(10,2)", true},
		{"decimal", "decimal(10,2) unsigned", false},
		{"numeric", "decimal(10,2)", true},
		{"decimal(10, 2)", "decimal(10,2)", true},
		{"decimal(10)", "decimal(10,0)", false},
		{"decimal(*", "decimal(10,2) unsigned", true},
		{"decimal(10,?)", "decimal(10,2)", true},
		{"decimal(*) unsigned", "decimal(10,2) unsigned", true},
		{"decimal(*)*", "decimal(10,2)", true},
		{"decimal(10,2)*", "decimal(10,2)", true},
		{"double precision", "double", true},
		{"double", "double(8,2)", true},
		{"float(5,2)", "float(5,2)", true},
		{"datetime", "datetime(6)", true},
		{"datetime(3)", "datetime(6)", false},
		{"varchar", "varchar(255)", true},
		{"varchar(255)", "varchar(25)", false},
		{"varchar", "varchar(255) /*M!100301 COMPRESSED*/", true},
		{"varchar(255)", "varchar(255) /*M!100301 COMPRESSED*/", true},
		{"text", "mediumtext", false},
		{"*text", "mediumtext", true},
		{"enum", "enum('a','b')", true},
		{"ENUM('A', 'b')", "enum('a','b')", true},
		{"enum('a b')", "enum('a  b')", false}, // what stands in quotes is a value
		{"enum('a','b')", "enum('a','b','c')", false},
		{"enum('a'*", "enum('a','b')", true},
		{"enum('it''s','(,')", "enum('it''s','(,')", true},
		{"set", "enum('a')", false},
		{"geometrycollection", "geomcollection", true},
		{"*", "enum('a','b')", true},
		{"", "int", false},
	} {
		if got := TypeMatches(c.pattern, &schema.Type{Text: c.is}); got != c.want {
			t.Errorf("%q means %q: %v", c.pattern, c.is, got)
		}
	}
	document := &schema.Type{Text: "longtext", JSON: true} // MariaDB's
	for _, pattern := range []string{"json", "JSON", "js*", "longtext", "*"} {
		if !TypeMatches(pattern, document) {
			t.Errorf("%q does not mean MariaDB's JSON", pattern)
		}
	}
	if TypeMatches("json", &schema.Type{Text: "longtext"}) || !TypeMatches("json", &schema.Type{Text: "json"}) {
		t.Error("json is text that is declared so")
	}
}
