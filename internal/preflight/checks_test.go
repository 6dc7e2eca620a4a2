package preflight

import (
	"strings"
	"testing"

	"pgchameleon/internal/catalogue"
	"pgchameleon/internal/event"
	"pgchameleon/internal/fault"
	"pgchameleon/internal/mapping"
	"pgchameleon/internal/schema"
	source "pgchameleon/internal/source/inspect"
	target "pgchameleon/internal/target/inspect"
	"pgchameleon/internal/typemap"
)

// good are facts in which there is nothing to find.
func good() *Facts {
	return &Facts{
		Options: Options{Source: "shop", Rules: mapping.Rules{Schemas: map[string]string{"shop": "sch_shop"}}, Copy: true, ServerID: 9},
		Server: &source.Server{Flavor: event.MySQL, Version: 80400, ServerID: 1, GTID: true, Vars: map[string]string{
			"log_bin": "ON", "binlog_format": "ROW", "binlog_row_image": "FULL", "binlog_row_metadata": "FULL",
			"binlog_expire_logs_seconds": "2592000", "gtid_mode": "ON",
		}},
		Grants:  []string{"GRANT SELECT, REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO `u`@`%`"},
		Schemas: []string{"shop", "other"},
		Tables: []source.TableInfo{
			{Name: schema.Name{Schema: "shop", Table: "orders"}, Engine: "InnoDB", Type: "BASE TABLE"},
			{Name: schema.Name{Schema: "shop", Table: "items"}, Engine: "InnoDB", Type: "BASE TABLE"},
			{Name: schema.Name{Schema: "shop", Table: "counter"}, Engine: "InnoDB", Type: "SEQUENCE"},
		},
		Target:        &target.Server{Version: 150000, VersionText: "15.0", Database: "db", User: "me", Encoding: "UTF8", CreateIn: true},
		TargetSchemas: []target.Schema{{Name: "sch_shop", Exists: true, Create: true, Usage: true}},
		Relations: []target.Relation{
			{Schema: "sch_shop", Name: "orders", Kind: target.Table, Owned: true}, {Schema: "sch_shop", Name: "report", Kind: target.View},
		},
		Ours: []*catalogue.Table{{Schema: "sch_shop", Name: "orders", Created: true}},
	}
}

func TestNothingToFind(t *testing.T) {
	if findings := Run(good()); len(findings) != 0 || Err(findings) != nil {
		t.Errorf("there is something: %+v", findings)
	}
	nodup := good()
	nodup.Server.Vars["binlog_row_image"] = "FULL_NODUP"
	if findings := Run(nodup); len(findings) != 0 {
		t.Errorf("there is something: %+v", findings)
	}
	old := good() // a server of before the variables has what they say by default
	old.Server.Vars = map[string]string{"log_bin": "ON", "binlog_format": "ROW", "expire_logs_days": "0"}
	if findings := Run(old); len(findings) != 0 {
		t.Errorf("there is something: %+v", findings)
	}
}

func TestEachCheckFindsItsOwn(t *testing.T) {
	grant := func(lines ...string) func(*Facts) { return func(f *Facts) { f.Grants = lines } }
	set := func(name, value string) func(*Facts) { return func(f *Facts) { f.Server.Vars[name] = value } }
	for _, c := range []struct {
		name     string
		spoil    func(*Facts)
		severity Severity
		kind     fault.Kind
		text     string
		remedy   string
	}{
		{"log_bin", set("log_bin", "OFF"), Blocking, fault.Environment, "writes no binary log", "set log_bin"},
		{"binlog_format", set("binlog_format", "MIXED"), Blocking, fault.Environment, "binlog_format is MIXED", "SET GLOBAL binlog_format = 'ROW';"},
		{"binlog_row_image", set("binlog_row_image", "minimal"), Blocking, fault.Environment, "binlog_row_image is MINIMAL", "SET GLOBAL binlog_row_image = 'FULL';"},
		{"binlog_row_metadata", set("binlog_row_metadata", "NO_LOG"), Warning, fault.Environment, "does not name columns", "SET GLOBAL binlog_row_metadata = 'FULL';"},
		{"binlog_expire_logs_seconds", set("binlog_expire_logs_seconds", "3600"), Warning, fault.Environment, "for 1h0m0s only", "604800"},
		{"gtid_mode", func(f *Facts) { f.GTID, f.Server.GTID, f.Copy = true, false, false }, Warning, fault.Environment, "no GTIDs", "gtid_mode"},
		{"my_server_id", func(f *Facts) { f.ServerID = 1 }, Blocking, fault.Config, "is the source's own", "my_server_id"},
		{"schema_mappings", func(f *Facts) { f.Schemas = nil }, Blocking, fault.Environment, `"shop" of schema_mappings is not on the source`, "GRANT SELECT ON `shop`.* TO `u`@`%`;"},
		{"schema_mappings", func(f *Facts) { f.Schemas = []string{"Shop"} }, Blocking, fault.Environment, `there is "Shop"`, "correct"},
		{"grants", grant("GRANT REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO `u`@`%`"), Blocking, fault.Environment, "may not read 2 tables", "GRANT SELECT ON `shop`.* TO `u`@`%`;"},
		{"grants", grant("GRANT REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO `u`@`%`", "GRANT `r`@`%` TO `u`@`%`"), Warning, fault.Environment, "unless a role", "GRANT SELECT"},
		{"grants", grant("GRANT SELECT, REPLICATION CLIENT ON *.* TO `u`@`%`"), Blocking, fault.Environment, "REPLICATION SLAVE", "GRANT REPLICATION SLAVE ON *.* TO `u`@`%`;"},
		{"grants", grant("GRANT SELECT, REPLICATION SLAVE ON *.* TO `u`@`%`"), Blocking, fault.Environment, "REPLICATION CLIENT", "GRANT REPLICATION CLIENT ON *.* TO `u`@`%`;"},
		{"grants", func(f *Facts) {
			f.Server.Flavor, f.Server.Version, f.Grants = event.MariaDB, 101100, []string{"GRANT SELECT, REPLICATION SLAVE ON *.* TO u"}
		},
			Blocking, fault.Environment, "BINLOG MONITOR", "GRANT BINLOG MONITOR ON *.* TO u;"},
		{"grants", func(f *Facts) { f.Tables[0].Engine = "MyISAM" }, Blocking, fault.Environment, "shop.orders is a table of engine MyISAM", "GRANT LOCK TABLES ON `shop`.* TO `u`@`%`;"},
		{"grants", func(f *Facts) { f.Server.GTID = false }, Blocking, fault.Environment, "the copy of 2 of them", "LOCK TABLES"},
		{"grants", func(f *Facts) { f.Keyless = []schema.Name{f.Tables[1].Name} }, Blocking, fault.Environment, "shop.items has no key", "LOCK TABLES"},
		{"schema_mappings", func(f *Facts) {
			f.Others = []catalogue.Source{{Name: "b", Schemas: map[string]string{"x": "sch_shop"}}}
		}, Blocking, fault.Config, `belongs to database "x" of source "b"`, "of its own"},
		{"schema_mappings", func(f *Facts) { f.Rules.Schemas = map[string]string{"other": "t", "shop": "t"} }, Blocking, fault.Config, `belongs to database "other" of this source`, "of its own"},
		{"schema_mappings", func(f *Facts) { f.Rules.Schemas = nil }, Blocking, fault.Config, "is empty", "schema_mappings"},
		{"limit_tables", func(f *Facts) { f.Rules.Limit = []string{"shop.order"} }, Blocking, fault.Config, `"shop.order", which is not on the source`, "did you mean shop.orders?"},
		{"limit_tables", func(f *Facts) { f.Rules.Limit = []string{"shop"} }, Blocking, fault.Config, "without a table", "database.table"},
		{"limit_tables", func(f *Facts) { f.Rules.Limit = []string{"elsewhere.x"} }, Warning, fault.Config, `no database "elsewhere"`, "limit_tables"},
		{"limit_tables", func(f *Facts) { f.Rules.Limit = []string{"shop.orders", "shop.orders2"} }, Warning, fault.Config, `"shop.orders2", which is not on the source`, "unless it is for a table to come"},
		{"limit_tables", func(f *Facts) {
			f.Rules.Limit = []string{"shop.orders", "shop.secret"}
			f.Grants = []string{"GRANT REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO `u`@`%`", "GRANT SELECT ON `shop`.`orders` TO `u`@`%`"}
		}, Blocking, fault.Config, `"shop.secret", which is not on the source, or the user may not see it`, "correct limit_tables"},
		{"limit_tables", func(f *Facts) { f.Rules.Limit, f.Copy = []string{"shop.order"}, false }, Warning, fault.Config, `"shop.order", which is not on the source`, "one that is gone"},
		{"limit_tables", func(f *Facts) { f.Rules.Limit = []string{"shop.o*", "shop.zz*"} }, Warning, fault.Config, `"shop.zz*"`, "tables to come"},
		{"skip_tables", func(f *Facts) { f.Rules.Skip = []string{"shop.nothing"} }, Warning, fault.Config, "is not on the source", "correct skip_tables"},
		{"target_version", func(f *Facts) { f.Target.Version = 90600 }, Blocking, fault.Environment, "too old", "12 or newer"},
		{"target_encoding", func(f *Facts) { f.Target.Encoding = "LATIN1" }, Blocking, fault.Environment, "LATIN1", `CREATE DATABASE "db_utf8" ENCODING 'UTF8'`},
		{"target_read_only", func(f *Facts) { f.Target.ReadOnly = true }, Blocking, fault.Environment, "read-only", "primary"},
		{"type_override", func(f *Facts) { f.NoTypes = []string{"booleen"} }, Blocking, fault.Config, `the type "booleen"`, "correct override_to"},
		{"target_citext", func(f *Facts) {
			f.Rules.Collates = []mapping.Collating{{Column: "*", Collation: typemap.CIText}}
		}, Blocking, fault.Environment, "citext is not to be found", "CREATE EXTENSION citext"},
		{"target_rights", func(f *Facts) { f.Target.CreateIn = false }, Blocking, fault.Environment, "may not make schemas", `GRANT CREATE ON DATABASE "db" TO "me";`},
		{"target_rights", func(f *Facts) { f.TargetSchemas[0].Create = false }, Blocking, fault.Environment, "may not make tables", `GRANT USAGE, CREATE ON SCHEMA "sch_shop" TO "me";`},
		{"names", func(f *Facts) { f.Ours = nil }, Blocking, fault.Environment, `a table "sch_shop"."orders" that this program did not make`, "rename or drop"},
		{"names", func(f *Facts) { f.KeepExisting = true }, Blocking, fault.Environment, `no table "sch_shop"."items"`, "make the table"},
	} {
		f := good()
		c.spoil(f)
		var mine []Finding
		for _, finding := range Run(f) {
			if finding.Check == c.name && strings.Contains(finding.Text, c.text) {
				mine = append(mine, finding)
			} else if len(f.Schemas) > 0 && len(f.Rules.Schemas) == 1 && len(f.Grants) == 1 && c.text != `there is "Shop"` {
				t.Errorf("%s: found besides: %+v", c.name, finding)
			}
		}
		if len(mine) != 1 || mine[0].Severity != c.severity || mine[0].Kind != c.kind || !strings.Contains(mine[0].Remedy, c.remedy) {
			t.Errorf("%s about %q: found %+v", c.name, c.text, mine)
			continue
		}
		if err := Err(mine); (err != nil) != (c.severity == Blocking) || err != nil && (fault.KindOf(err) != c.kind || fault.HintOf(err) != mine[0].Remedy) {
			t.Errorf("%s: the error is %v", c.name, err)
		}
	}
}

func TestManyFindingsMakeOneError(t *testing.T) {
	f := good()
	f.ServerID = 1
	f.Server.Vars["log_bin"] = "OFF"
	err := Err(Run(f))
	if fault.KindOf(err) != fault.Environment || !strings.Contains(err.Error(), "no binary log") || !strings.Contains(err.Error(), "my_server_id 1") ||
		strings.Count(fault.HintOf(err), ";") != 1 {
		t.Errorf("the error is %v, the hint %q", err, fault.HintOf(err))
	}
}
