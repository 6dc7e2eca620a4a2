package ddl_test

import (
	"strings"
	"testing"

	"pgchameleon/internal/ddl"
	"pgchameleon/internal/ddl/parse"
	"pgchameleon/internal/schema"
)

const plainTable = "(`id` int NOT NULL AUTO_INCREMENT, `a` int DEFAULT NULL, `b` varchar(10) CHARACTER SET latin1 DEFAULT NULL, `c` decimal(8,2) NOT NULL DEFAULT 0.00, " +
	"`d` datetime DEFAULT NULL, `e` enum('x','y') DEFAULT NULL, `z` datetime NOT NULL, PRIMARY KEY (`id`), KEY `k` (`b`), UNIQUE KEY `u` (`a`))"

// Which alterations of a shadow leave the rows what they are in the table altered in place.
func TestWhatIsAlteredInPlace(t *testing.T) {
	for alter, reason := range map[string]string{
		"ADD n INT NOT NULL DEFAULT 7 FIRST, ADD m VARCHAR(5)": "",
		"DROP d, DROP KEY k, ADD KEY l (c)":                    "",
		"MODIFY a BIGINT, MODIFY c DECIMAL(12,3) NOT NULL":     "",
		"CHANGE a aa INT, COMMENT='x', ENGINE=InnoDB":          "",
		"CONVERT TO CHARACTER SET utf8mb4":                     "",
		"MODIFY e ENUM('x','new','y')":                         "",
		"DROP KEY u, ADD UNIQUE KEY v (a)":                     "",
		"MODIFY b VARCHAR(200) CHARACTER SET latin1 NULL DEFAULT 'x', MODIFY e ENUM('x','y','z') DEFAULT 'y'": "",
		"MODIFY c DECIMAL(8,2) DEFAULT 1":                    "",
		"MODIFY d DATETIME(3)":                               "may change", // not known to be kept, so it is not
		"MODIFY a SMALLINT":                                  "may change",
		"MODIFY b VARCHAR(5) CHARACTER SET latin1":           "cannot be worked out",
		"MODIFY c DECIMAL(8,1) NOT NULL":                     "may change",
		"MODIFY d DATE":                                      "may change",
		"MODIFY e ENUM('x')":                                 "may change",
		"MODIFY a INT NOT NULL":                              "NOT NULL",
		"MODIFY z DATETIME":                                  "zero date",
		"ADD UNIQUE KEY v (b)":                               "unique key v is new",
		"DROP PRIMARY KEY, ADD PRIMARY KEY (id, c)":          "unique key PRIMARY is new",
		"DROP a, ADD a INT":                                  "dropped and added",
		"ADD n TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP": "clock",
		"ADD n INT AS (a + 1) STORED":                        "generated",
		"ADD FOREIGN KEY (a) REFERENCES p (id)":              "foreign keys",
	} {
		t.Run(alter, func(t *testing.T) {
			table, err := ddl.Table("db", "CREATE TABLE `t` "+plainTable, mariadb)
			if err != nil {
				t.Fatal(err)
			}
			shadow := table.Clone()
			shadow.Name = schema.Name{Schema: "db", Table: "_t_gho"}
			sql := "ALTER TABLE _t_gho " + alter
			p, err := parse.Parse(sql, mariadb)
			if err != nil {
				t.Fatal(err)
			}
			at, err := ddl.Origins(shadow, p.(*parse.AlterTable), mariadb)
			if err != nil {
				t.Fatal(err)
			}
			origin := make([]string, len(at))
			for i, from := range at {
				if from >= 0 {
					origin[i] = table.Columns[from].Name
				}
			}
			e := effect(t, schema.NewSet(false, shadow), everything, sql)
			_, columns, got := ddl.InPlace(table, e.Next.Get(shadow.Name), origin, everything, mariadb)
			if reason == "" && (got != "" || len(columns) != len(origin)) || reason != "" && !strings.Contains(got, reason) {
				t.Errorf("the reason is %q, want %q; columns %v", got, reason, columns)
			}
		})
	}
}
