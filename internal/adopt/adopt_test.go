package adopt

import (
	"strings"
	"testing"

	"pgchameleon/internal/mapping"
	"pgchameleon/internal/schema"
	"pgchameleon/internal/target/legacy"
	"pgchameleon/internal/typemap"
)

// Whether a type of PostgreSQL's has room for what another one holds.
func TestTypesWithRoom(t *testing.T) {
	for _, c := range []struct {
		there, wanted string
		holds         bool
	}{
		{"integer", "integer", true}, {"integer", "smallint", false}, {"numeric(20,0)", "numeric(20)", true}, {"numeric(10,4)", "numeric(8,2)", true},
		{"numeric(10,4)", "numeric(9,2)", false}, {"numeric", "numeric(65,30)", true}, {"numeric(10,2)", "numeric", false},
		{"timestamp without time zone", "timestamp(3) without time zone", true}, {"timestamp(0) without time zone", "timestamp(3) without time zone", false},
		{"timestamp without time zone", "timestamp(3) with time zone", false}, {"character varying(20)", "character varying(30)", false}, {"character varying", "character varying(30)", true},
		{"character(4)", "character(4)", true}, {"character(5)", "character(4)", false}, {"bit(8)", "bit(8)", true}, {"integer[]", "integer", false},
	} {
		if holds(c.there, c.wanted) != c.holds {
			t.Errorf("that %s holds %s is %t", c.there, c.wanted, !c.holds)
		}
	}
}

// A column that keeps another type takes values exactly or not at all.
func TestWhatAColumnThatKeepsItsTypeTakes(t *testing.T) {
	source := &schema.Table{Name: schema.Name{Schema: "s", Table: "t"}, Columns: []schema.Column{
		{Name: "id", NotNull: true, Type: schema.Type{Name: "int", Text: "int unsigned", Unsigned: true}},
		{Name: "small", Type: schema.Type{Name: "tinyint", Text: "tinyint(1)", Length: 1}},
	}, Indexes: []schema.Index{{Name: "PRIMARY", Kind: schema.PrimaryKey, Parts: []schema.IndexPart{{Column: "id"}}}}}
	there := &legacy.Relation{Schema: "p", Name: "t", Owned: true, Columns: []legacy.Column{{Name: "id", Type: "integer", NotNull: true}, {Name: "small", Type: "integer"}},
		Indexes: []legacy.Index{{Name: "t_pkey", Primary: true, Unique: true, Columns: []string{"id"}}}}
	rules := &mapping.Rules{Schemas: map[string]string{"s": "p"}}
	f := Fit(source, there, rules)
	if f.Mapped == nil || len(f.Kept) != 2 || source.Columns[0].As != "" {
		t.Fatalf("it is fitted as %+v", f)
	}
	if out, err := f.Mapped.Columns[0].Map.Text(nil, []byte("2147483647"), &typemap.Notes{}); err != nil || string(out) != "2147483647" {
		t.Errorf("the largest value becomes %q, %v", out, err)
	}
	if out, err := f.Mapped.Columns[0].Map.Text(nil, []byte("2147483648"), &typemap.Notes{}); err == nil || !strings.Contains(err.Error(), "sync_tables") {
		t.Errorf("a value beyond the type becomes %q, %v", out, err)
	}
	if sql := strings.Join(f.SQL, "; "); !strings.Contains(sql, `RENAME TO "t__pkey"`) {
		t.Errorf("the statements are %s", sql)
	}
	rules.Masks = []mapping.Masking{{Column: "s.t.small"}}
	there.Columns = append(there.Columns, legacy.Column{Name: "more"})
	there.Indexes = nil
	if f := Fit(source, there, rules); f.Mapped != nil || len(f.Doubts) != 2 {
		t.Errorf("the doubts are %q", f.Doubts)
	}
}
