package mapping

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pgchameleon/internal/schema"
	"pgchameleon/internal/typemap"
)

var (
	null    = typemap.Handling{Action: typemap.Null}
	nearest = typemap.Handling{Action: typemap.Nearest}
	refuse  = typemap.Handling{Action: typemap.Refuse}
)

func mask(t *testing.T, text string) typemap.Mask {
	t.Helper()
	m, err := typemap.ParseMask(text)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// people is a table with a key; change may change it.
func people(change ...func(*schema.Table)) *schema.Table {
	text := func(name, collation string) schema.Column {
		return schema.Column{Name: name, Type: schema.Type{Name: "varchar", Length: 50, Charset: "utf8mb4", Collation: collation, Text: "varchar(50)"}}
	}
	t := &schema.Table{
		Name: schema.Name{Schema: "shop", Table: "People"},
		Columns: []schema.Column{
			{Name: "id", NotNull: true, Type: schema.Type{Name: "int", Length: 11, Text: "int(11)"}},
			text("Email", "utf8mb4_0900_ai_ci"),
			text("code", "utf8mb4_bin"),
			text("note", "utf8mb4_uca1400_as_cs"),
			{Name: "alive", Type: schema.Type{Name: "tinyint", Length: 1, Text: "tinyint(1)"}},
			{Name: "born", Type: schema.Type{Name: "date", Text: "date"}},
		},
		Indexes: []schema.Index{
			{Name: "PRIMARY", Kind: schema.PrimaryKey, Parts: []schema.IndexPart{{Column: "id"}}},
			{Name: "u_code", Kind: schema.Unique, Parts: []schema.IndexPart{{Column: "CODE", Prefix: 10}, {Expr: "lower(note)"}}},
			{Name: "i_email", Kind: schema.Plain, Parts: []schema.IndexPart{{Column: "Email"}}},
		},
	}
	for _, do := range change {
		do(t)
	}
	return t
}

// of gives the settings of one column of a table.
func of(r *Rules, source *schema.Table, column string) typemap.Settings {
	s := r.settings(&Table{Source: source, Schema: r.Schemas[source.Schema], Name: source.Name.Table})
	return s.column(&source.Columns[source.Column(column)])
}

func TestTheLastOverrideThatIsForAColumnCounts(t *testing.T) {
	rules := Rules{Schemas: map[string]string{"shop": "web"}, Overrides: []Override{
		{Type: "tinyint(1)", To: "boolean", Tables: []string{"*"}},
		{Type: "varchar", To: "a", Tables: []string{"shop.P*"}},
		{Type: "varchar(*", To: "b", Columns: []string{"shop.*.email", "web.people.code"}},
		{Type: "varchar(50)", To: "c", Columns: []string{"web.People.CODE"}},
		{Type: "varchar(51)", To: "d", Tables: []string{"*"}},
		{Type: "date", To: "e", Tables: []string{"shop.people", "Web.People"}}, // written otherwise
		{Type: "int", To: "f", Tables: []string{"web.??????"}, Columns: []string{"no.such.column"}},
	}}
	for column, want := range map[string]string{"id": "f", "email": "b", "code": "c", "note": "a", "alive": "boolean", "born": ""} {
		if got := of(&rules, people(), column).Override; got != want {
			t.Errorf("the override of %s is %q, want %q", column, got, want)
		}
	}
	rules.Fold = true
	if got := of(&rules, people(), "born").Override; got != "e" {
		t.Errorf("where case does not count, the override is %q", got)
	}
}

func TestARuleForAColumnGoesBeforeOneForATypeAndThatBeforeOneForAll(t *testing.T) {
	rules := Rules{Schemas: map[string]string{"shop": "web"}, Values: []ValueRule{
		{Column: "shop.People.born", Rule: typemap.ZeroDate, Handling: refuse},
		{Column: "*.born", Rule: typemap.ZeroDate},                              // back to the default
		{Column: "shop.orders.*", Rule: typemap.NulCharacter, Handling: refuse}, // another table
		{Column: "*.code", Rule: typemap.NulCharacter, Handling: refuse},        // before the type's
		{Type: "varchar", Rule: typemap.NulCharacter, Handling: nearest},        // the last of the level counts
		{Type: "VARCHAR(50)", Rule: typemap.NulCharacter, Handling: null},       //
		{Type: "int", Column: "*.alive", Rule: typemap.Rounded, Handling: null}, // both have to be so
		{Type: "tiny*", Column: "*.alive", Rule: typemap.OutOfRange, Handling: null},
		{Rule: typemap.ZeroDate, Handling: nearest},
		{Rule: typemap.NulCharacter, Handling: nearest},
		{Rule: typemap.OutOfRange, Handling: nearest},
		{Rule: typemap.OutOfRange, Handling: refuse},
	}}
	general := typemap.Rules{typemap.ZeroDate: nearest, typemap.NulCharacter: nearest, typemap.OutOfRange: refuse}
	with := func(rule typemap.Rule, h typemap.Handling) typemap.Rules {
		own := general
		own[rule] = h
		return own
	}
	for column, want := range map[string]typemap.Rules{
		"id": general, "born": with(typemap.ZeroDate, typemap.Handling{}), "code": with(typemap.NulCharacter, refuse),
		"note": with(typemap.NulCharacter, null), "alive": with(typemap.OutOfRange, null),
	} {
		if diff := cmp.Diff(want, of(&rules, people(), column).Rules); diff != "" {
			t.Errorf("%s: %s", column, diff)
		}
	}
}

func TestTheLastMaskAndCollationCount(t *testing.T) {
	rules := Rules{
		Schemas: map[string]string{"shop": "web"}, Types: typemap.Options{PostGIS: true},
		Masks: []Masking{{"*mail*", mask(t, "null")}, {"shop.People.EMAIL", mask(t, "hash")}, {"shop.people.note", mask(t, "null")}},
		Collates: []Collating{
			{"*", typemap.ICU}, {"web.People.email", typemap.CIText},
		},
	}
	email := of(&rules, people(), "email")
	if email.Mask == nil || email.Mask.Kind != typemap.MaskHash || email.Collation != typemap.CIText || !email.Options.PostGIS {
		t.Errorf("the settings of email are %+v", email)
	}
	for _, column := range []string{"id", "code", "note"} { // not text, or text whose case counts
		if s := of(&rules, people(), column); s.Mask != nil || s.Collation != typemap.Exact {
			t.Errorf("the settings of %s are %+v", column, s)
		}
	}
	keyless := people(func(t *schema.Table) { t.Indexes = nil })
	if s := of(&rules, keyless, "email"); s.Collation != typemap.Exact || s.Mask == nil {
		t.Errorf("rows without a key are found by their exact values, but email has %+v", s)
	}
}

func TestMasksThatWouldMakeRowsAlikeAreRefused(t *testing.T) {
	unique := func(t *schema.Table) {
		t.Indexes = []schema.Index{
			{Name: "u_email", Kind: schema.Unique, Parts: []schema.IndexPart{{Column: "email"}}}, // takes NULL: no row key
			{Name: "u_code", Kind: schema.Unique, Parts: []schema.IndexPart{{Column: "id"}, {Column: "code"}}},
		}
		t.Columns[2].NotNull = true
	}
	overlaps := func(t *schema.Table) { t.Indexes[0].Period = true } // it tells no rows apart
	for _, c := range []struct {
		column, mask string
		change       func(*schema.Table)
		want         string
	}{
		{"id", "hash", nil, ""},
		{"id", "null", nil, "masking column id of table shop.People: the key that tells"},
		{"id", "fixed(7 secrets)", nil, "under the mask fixed they"},
		{"email", "fixed(x)", nil, ""}, // in a plain index only
		{"code", "keep_first(3)", nil, "masking column code of table shop.People: the key u_code has it, and under the mask keep_first different"},
		{"code", "null", nil, ""},
		{"code", "hash", nil, ""},
		{"code", "null", unique, "the key that tells"}, // the first key of NOT NULL columns
		{"email", "null", unique, ""},
		{"id", "null", overlaps, "the key PRIMARY has it"},
		{"email", "keep_first(1)", unique, "the mask hash or null, or none"},
	} {
		rules := Rules{Schemas: map[string]string{"shop": "web"}, Masks: []Masking{{"shop.People." + c.column, mask(t, c.mask).WithKey([]byte("0123456789abcdef"))}}}
		source := people()
		if c.change != nil {
			source = people(c.change)
			source.Columns[0].NotNull = true
		}
		_, err := rules.Table(source)
		if (err == nil) != (c.want == "") || err != nil && (!strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "secrets")) {
			t.Errorf("%s masked by %s: %v, want %q", c.column, c.mask, err, c.want)
		}
	}
}

func TestPatternsThatMeanNoColumnAreListed(t *testing.T) {
	rules := Rules{
		Schemas: map[string]string{"shop": "web", "other": "misc"},
		Overrides: []Override{
			{Type: "varchar", To: "text", Columns: []string{"shop.*.email", "shop.People.emial", "crm.people.email"}}, // crm is of another source
			{Type: "int", To: "bigint", Columns: []string{"*.email"}},                                                 // of another type
			{Type: "int", To: "bigint", Tables: []string{"no.table"}},
		},
		Values:   []ValueRule{{Rule: typemap.ZeroDate}, {Column: "*.brn", Rule: typemap.ZeroDate}, {Column: "*.brn", Rule: typemap.Rounded}, {Column: "*.born", Rule: typemap.Rounded}},
		Masks:    []Masking{{"shop.people.email", mask(t, "null")}, {"crm.people.email", mask(t, "null")}, {"web.People.EMAIL", mask(t, "null")}},
		Collates: []Collating{{"shop.People.x", typemap.CIText}, {"*", typemap.ICU}},
	}
	want := []Unused{
		{"override", "shop.People.emial"}, {"override", "*.email"}, {"value rule", "*.brn"},
		{"mask", "shop.people.email"}, {"mask", "crm.people.email"}, {"collation", "shop.People.x"},
	}
	if diff := cmp.Diff(want, rules.Unused([]*schema.Table{people()})); diff != "" {
		t.Error(diff)
	}
	rules.Fold = true
	if diff := cmp.Diff(append(want[:3:3], want[4:]...), rules.Unused([]*schema.Table{people()})); diff != "" {
		t.Error(diff)
	}
}

// What is said of a table holds for the versions of it that online schema changes make.
func TestShadowTables(t *testing.T) {
	rules := Rules{Schemas: map[string]string{"shop": "web"}, Masks: []Masking{{"shop.orders.mail", typemap.Mask{Kind: typemap.MaskNull}}}}
	for name, masked := range map[string]bool{
		"orders": true, "_orders_gho": true, "_orders_del": true, "_orders_20260101120000_del": true, "__orders_new": true, "_orders_old": true,
		"orders_new": false, "_orders_ghc": false, "_items_gho": false, "_orders": false,
	} {
		source := &schema.Table{Name: schema.Name{Schema: "shop", Table: name}, Columns: []schema.Column{{Name: "mail", Type: schema.Type{Name: "text", Text: "text"}}}}
		mapped, err := rules.Table(source)
		if err != nil {
			t.Fatal(err)
		}
		if got := mapped.Columns[0].Map.Masked(); got != masked {
			t.Errorf("the mask of orders is on %s: %v", name, got)
		}
	}
}

// A virtual column whose logged values are not the table's is refused, unless nobody sees them.
func TestStaleVirtualColumns(t *testing.T) {
	for _, c := range []struct {
		expr          string
		stored, stale bool
		masks         []Masking
		refused       bool
	}{
		{"`id` + 1", false, true, nil, true}, {"`id` + 1", true, true, nil, false}, {"`id` + 1", false, false, nil, false}, {"`idle` + 1", false, true, nil, false},
		{"`id` + 1", false, true, []Masking{{"*.v", typemap.Mask{Kind: typemap.MaskNull}}}, false},
	} {
		rules := Rules{Schemas: map[string]string{"shop": "web"}, StaleVirtual: c.stale, Masks: c.masks}
		source := &schema.Table{Name: schema.Name{Schema: "shop", Table: "t"}, Columns: []schema.Column{
			{Name: "id", Type: schema.Type{Name: "int", Text: "int"}, AutoIncrement: true},
			{Name: "v", Type: schema.Type{Name: "int", Text: "int"}, Generated: &schema.Generated{Expr: c.expr, Stored: c.stored}},
		}}
		if _, err := rules.Table(source); (err != nil) != c.refused {
			t.Errorf("%+v gives %v", c, err)
		}
	}
}

// A generated column that tells what a masked one holds is refused.
func TestGeneratedFromMasked(t *testing.T) {
	rules := Rules{Schemas: map[string]string{"shop": "web"}, Masks: []Masking{{"*.name", typemap.Mask{Kind: typemap.MaskNull}}, {"*.hidden", typemap.Mask{Kind: typemap.MaskNull}}}}
	for _, c := range []struct {
		column, expr string
		refused      bool
	}{
		{"shown", "upper(`Name`)", true}, {"shown", "upper(name)", true}, {"hidden", "upper(`name`)", false},
		{"shown", "`last_name`", false}, {"shown", "rename", false}, {"shown", "`surname`+`name2`+name", true},
	} {
		source := &schema.Table{Name: schema.Name{Schema: "shop", Table: "t"}, Columns: []schema.Column{
			{Name: "name", Type: schema.Type{Name: "text", Text: "text"}},
			{Name: c.column, Type: schema.Type{Name: "text", Text: "text"}, Generated: &schema.Generated{Expr: c.expr}},
		}}
		if _, err := rules.Table(source); (err != nil) != c.refused {
			t.Errorf("%s AS (%s) gives %v", c.column, c.expr, err)
		}
	}
}
