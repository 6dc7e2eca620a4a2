package config

import (
	"slices"
	"strings"
	"testing"
)

func TestWhatAKeyMeans(t *testing.T) {
	for key, want := range map[string]string{ // some of the types, or the error's end
		"tinyint(1)":                    "tinyint(1)",
		"TINYINT ( 1 )":                 "tinyint(1)",
		"boolean":                       "tinyint(1)",
		"enum('x', 'y')":                "enum('x','y')",
		"enum":                          "enum('a','b')",
		"enum(*)":                       "enum('a','b')",
		"int(5)":                        "int(5)",
		"int":                           "int int(11)",
		"integer unsigned":              "int unsigned|int(10) unsigned",
		"int unsigned zerofill":         "int(10) unsigned zerofill",
		"decimal":                       "decimal(10,2)",
		"decimal(*":                     "decimal(10,2) unsigned|decimal(10,2)",
		"varchar(25?)":                  "varchar(255)",
		"json":                          "json longtext",
		"*":                             "geometry|int|uuid",
		"text /*M!100301 COMPRESSED*/":  "text",
		"vharchar(3)":                   `error: "vharchar(3)" is no column type of MySQL or MariaDB; did you mean "varchar"?`,
		"foo*":                          `error: "foo*" is no column type of MySQL or MariaDB`,
		"":                              `error: "" is no column type of MySQL or MariaDB`,
		"int, d int":                    `error: "int, d int" is no column type of MySQL or MariaDB`,
		"decimal(10)":                   `error: "decimal(10)" means no column: the server writes this type as "decimal(10,0)"`,
		"int not null":                  `error: "int not null" means no column: the server writes this type as "int"`,
		"serial":                        `error: "serial" means no column: the server writes this type as "bigint unsigned"`,
		"varchar(9) character set sjis": `error: "varchar(9) character set sjis" means no column: the server writes this type as "varchar(9)"`,
	} {
		columns, err := meant(key)
		if message, is := strings.CutPrefix(want, "error: "); is {
			if err == nil || err.Error() != message {
				t.Errorf("%q: %v, want %s", key, err, message)
			}
			continue
		}
		if err != nil {
			t.Errorf("%q: %v", key, err)
			continue
		}
		var texts []string
		for _, c := range columns {
			texts = append(texts, c.Type.Text)
		}
		wanted := strings.Split(want, "|")
		if !strings.Contains(want, "|") && !strings.Contains(want, "zerofill") {
			wanted = strings.Fields(want)
		}
		for _, one := range wanted {
			if !slices.Contains(texts, one) {
				t.Errorf("%q means %q, not %s", key, texts, one)
			}
		}
	}
	for _, key := range []string{"int", "tinyint", "decimal"} {
		columns, err := meant(key)
		for _, c := range columns {
			if err != nil || c.Type.Unsigned || c.Type.Text == "tinyint(1)" {
				t.Errorf("%q means %s, %v", key, c.Type.Text, err)
			}
		}
	}
}
