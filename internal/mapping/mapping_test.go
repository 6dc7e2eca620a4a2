package mapping

import (
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
		{Schema: "shop", Table: "orders"}:  true,
		{Schema: "shop", Table: "lines"}:   false, // limited to, but skipped
		{Schema: "shop", Table: "others"}:  false, // not in the limit of its schema
		{Schema: "shop", Table: "Orders"}:  false, // names differ by case here
		{Schema: "crm", Table: "people"}:   true,  // the limit names no table of crm
		{Schema: "crm", Table: "log"}:      false,
		{Schema: "other", Table: "orders"}: false, // not mapped
	} {
		if got := rules.Wants(name); got != want {
			t.Errorf("Wants(%s) = %v", name, got)
		}
	}
	rules.Fold = true
	if !rules.Wants(schema.Name{Schema: "SHOP", Table: "Orders"}) {
		t.Error("a server that ignores case has SHOP.Orders for shop.orders")
	}
}
