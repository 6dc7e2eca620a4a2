package preflight

import (
	"testing"

	"pgchameleon/internal/schema"
)

func TestReadingGrants(t *testing.T) {
	shop := schema.Name{Schema: "shop_x", Table: "Orders"}
	for _, c := range []struct {
		story      string
		lines      []string
		slave, all bool // REPLICATION SLAVE; SELECT on the whole database
		table      bool // SELECT on the table
		account    string
	}{
		{"MySQL 5.6 with a password's hash", []string{"GRANT SELECT, REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO 'u'@'%' IDENTIFIED BY PASSWORD '*ABC ON x TO y'"}, true, true, true, "'u'@'%'"},
		{"everything", []string{"GRANT ALL PRIVILEGES ON *.* TO `root`@`localhost` WITH GRANT OPTION"}, true, true, true, "`root`@`localhost`"},
		{"nothing", []string{"GRANT USAGE ON *.* TO `u`@`%`"}, false, false, false, "`u`@`%`"},
		{"the database, escaped", []string{"GRANT SELECT ON `shop\\_x`.* TO `u`@`%`"}, false, true, true, "`u`@`%`"},
		{"a pattern", []string{"GRANT SELECT ON `shop_%`.* TO `u`@`%`"}, false, true, true, "`u`@`%`"},
		{"a pattern that does not match", []string{"GRANT SELECT ON `shop\\_`.* TO `u`@`%`"}, false, false, false, "`u`@`%`"},
		{"the table", []string{"GRANT SELECT, INSERT ON `shop_x`.`Orders` TO `u`@`%`"}, false, false, true, "`u`@`%`"},
		{"another table", []string{"GRANT SELECT ON `shop_x`.`Others` TO `u`@`%`"}, false, false, false, "`u`@`%`"},
		{"columns only", []string{"GRANT SELECT (`a`, `b`), REFERENCES ON `shop_x`.`Orders` TO `u`@`%`"}, false, false, false, "`u`@`%`"},
		{"a procedure", []string{"GRANT EXECUTE ON PROCEDURE `shop_x`.`Orders` TO `u`@`%`"}, false, false, false, "`u`@`%`"},
		{"a name full of traps", []string{"GRANT SELECT ON `shop_x`.`a`` ON b. TO c` TO `u TO v`@`%`"}, false, false, false, "`u TO v`@`%`"},
		{"a partial revoke", []string{"GRANT SELECT, REPLICATION SLAVE ON *.* TO `u`@`%`", "REVOKE SELECT ON `shop_x`.* FROM `u`@`%`"}, true, false, false, "`u`@`%`"},
		{"ANSI_QUOTES", []string{`GRANT SELECT ON "shop_x".* TO "u"@"%"`}, false, true, true, `"u"@"%"`},
		{"a proxy", []string{"GRANT PROXY ON ''@'%' TO 'root'@'localhost'"}, false, false, false, "'root'@'localhost'"},
	} {
		g := (&Facts{Grants: c.lines}).grants()
		if got := g.global("REPLICATION SLAVE"); got != c.slave {
			t.Errorf("%s: REPLICATION SLAVE is %v", c.story, got)
		}
		if got := g.onSchema("SELECT", shop.Schema, false); got != c.all {
			t.Errorf("%s: SELECT on the database is %v", c.story, got)
		}
		if got := g.onTable("SELECT", shop, false); got != c.table {
			t.Errorf("%s: SELECT on the table is %v", c.story, got)
		}
		if g.account != c.account || g.roles {
			t.Errorf("%s: the account is %s, roles: %v", c.story, g.account, g.roles)
		}
	}
	if g := (&Facts{Grants: []string{"GRANT USAGE ON *.* TO `u`@`%`", "GRANT `reader`@`%` TO `u`@`%`"}}).grants(); !g.roles {
		t.Error("the role was not seen")
	}
	if !matches("Shöp%", "shöp_x", true) || matches("Shöp%", "shöp_x", false) || matches(`a\%`, "ab", false) || !matches(`a\%`, "a%", false) {
		t.Error("patterns are not matched as the server does")
	}
}
