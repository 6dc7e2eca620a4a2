package mapping

import (
	"strings"
	"testing"

	"pgchameleon/internal/schema"
)

func TestWhichTablesAreWanted(t *testing.T) {
	rules := Rules{
		Schemas: map[string]string{"shop": "web", "crm": "public"},
		Limit:   []string{"shop.orders", "shop.lines"},
		Skip:    []string{"shop.lines", "crm.log"},
	}
	for name, want := range map[schema.Name]bool{
		{Schema: "shop", Table: "orders"}: true,
		{Schema: "shop", Table: "lines"}:  false, // limited to, but skipped
		{Schema: "shop", Table: "others"}: false, // not in the limit of its schema
		{Schema: "shop", Table: "Orders"}: false, // names differ by case here
		{Schema: "crm", Table: "people"}:  true,  // the limit names no table of crm
		{Schema: "crm", Table: "log"}:     false,

		{Schema: "shop", Table: "_orders_gho"}:                true, // they change places with orders
		{Schema: "shop", Table: "__orders_new"}:               true,
		{Schema: "shop", Table: "_orders_20260101120000_del"}: true,
		{Schema: "shop", Table: "_order_gho"}:                 false,
		{Schema: "shop", Table: "_lines_gho"}:                 false,
		{Schema: "crm", Table: "_log_old"}:                    false,
		{Schema: "crm", Table: "_people_old"}:                 true,
		{Schema: "other", Table: "orders"}:                    false, // not mapped
	} {
		if got := rules.Wants(name); got != want {
			t.Errorf("Wants(%s) = %v", name, got)
		}
	}
	long := strings.Repeat("x", 64) // of which a shadow's name has the beginning
	rules.Limit = append(rules.Limit, "shop."+long)
	if !rules.Wants(schema.Name{Schema: "shop", Table: "_" + long[:59] + "_gho"}) || rules.Wants(schema.Name{Schema: "shop", Table: "_" + long[:58] + "_gho"}) {
		t.Error("the shadow of a table with a long name is not told by its beginning, or a shorter one is")
	}
	rules.Fold = true
	if !rules.Wants(schema.Name{Schema: "SHOP", Table: "Orders"}) {
		t.Error("a server that ignores case has SHOP.Orders for shop.orders")
	}
}

func TestPatternsOfTables(t *testing.T) {
	r := &Rules{Schemas: map[string]string{"shop": "s", "log": "l", "crm": "c"}, Limit: []string{"shop.o*", "*.audit_??"}, Skip: []string{"shop.orders_old", "log.*_tmp"}}
	for name, want := range map[string]bool{
		"shop.orders": true, "shop.orders_old": false, "shop.items": false, "shop._orders_gho": true, "shop.audit_01": true, "shop.audit_001": false,
		"log.audit_ab": true, "log.other": false, "crm.x": false, "shop.Orders": true, "shop.Oh": false,
	} {
		if name == "shop.Orders" {
			r.Fold = true
		}
		schemaName, table, _ := strings.Cut(name, ".")
		if got := r.Wants(schema.Name{Schema: schemaName, Table: table}); got != want {
			t.Errorf("%s is wanted: %t", name, got)
		}
		r.Fold = false
	}
	for entry, want := range map[string]bool{"shop": true, "shop.*": true, "shop.o*": true, "shop.items": false, "log": false, "*": true} {
		if got := r.Lists([]string{entry}, schema.Name{Schema: "shop", Table: "orders"}); got != want {
			t.Errorf("%s means shop.orders: %t", entry, got)
		}
	}
}
