package pipeline

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"pgchameleon/internal/schema"
)

// Tables that keys with actions tie, in either direction and over others, are filled together.
func TestTablesThatAreTied(t *testing.T) {
	table := func(name string, parents ...string) *schema.Table {
		made := &schema.Table{Name: schema.Name{Schema: "s", Table: name}}
		for _, parent := range parents {
			parent, rule, _ := strings.Cut(parent, ":")
			made.ForeignKeys = append(made.ForeignKeys, schema.ForeignKey{References: schema.Name{Schema: "s", Table: parent}, OnDelete: schema.Rule(rule)})
		}
		return made
	}
	tables := []*schema.Table{
		table("grandparent"), table("parent", "grandparent:set null"), table("child", "parent:cascade"), table("sibling", "parent:cascade"),
		table("restricted", "parent:restrict"), table("self", "self:cascade"), table("orphan", "elsewhere:cascade"), table("lone"),
	}
	for of, want := range map[string]string{
		"child": "grandparent parent sibling", "grandparent": "child parent sibling", "restricted": "", "self": "", "orphan": "", "lone": "",
	} {
		var got []string
		for _, name := range slices.Collect(maps.Keys(tied(map[schema.Name]bool{{Schema: "s", Table: of}: true}, tables))) {
			got = append(got, name.Table)
		}
		slices.Sort(got)
		if strings.Join(got, " ") != want {
			t.Errorf("%s is tied to %v, not to %s", of, got, want)
		}
	}
}

// Definitions are compared but for the numbers that AUTO_INCREMENT has reached.
func TestDefinitionsThatAreAlike(t *testing.T) {
	a := &schema.Table{Name: schema.Name{Schema: "s", Table: "a"}, AutoIncrement: 5, Columns: []schema.Column{{Name: "id"}}}
	b := a.Clone()
	b.AutoIncrement = 9
	if !alike([]*schema.Table{a}, []*schema.Table{b}) {
		t.Error("the next number makes a difference")
	}
	b.Columns = append(b.Columns, schema.Column{Name: "v"})
	if alike([]*schema.Table{a}, []*schema.Table{b}) || alike([]*schema.Table{a}, nil) || !alike(nil, []*schema.Table{}) {
		t.Error("a column or a table makes no difference")
	}
}
