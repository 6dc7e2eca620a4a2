package typemap_test

import (
	"testing"

	"pgchameleon/internal/schema"
	"pgchameleon/internal/typemap"
)

// TestCollations: the type and the collation that a column gets.
func TestCollations(t *testing.T) {
	varchar := schema.Type{Name: "varchar", Length: 9, Charset: "utf8mb4", Collation: "utf8mb4_general_ci", Text: "varchar(9)"}
	of := func(charset, collation string) schema.Type {
		typ := varchar
		typ.Charset, typ.Collation = charset, collation
		return typ
	}
	for _, c := range []struct {
		typ      schema.Type
		settings typemap.Settings
		sql, icu string
	}{
		{varchar, typemap.Settings{}, "character varying(9)", ""},
		{varchar, typemap.Settings{Collation: typemap.CIText}, "citext", ""},
		{varchar, typemap.Settings{Collation: typemap.CIText, Override: "text"}, "text", ""},
		{varchar, typemap.Settings{Collation: typemap.ICU, Override: "text"}, "text", "und-u-ks-level1"},
		{varchar, typemap.Settings{Collation: typemap.ICU, Override: "date"}, "date", ""},
		{varchar, typemap.Settings{Collation: typemap.ICU, Mask: masked(t, "hash")}, "text", ""},
		{schema.Type{Name: "int"}, typemap.Settings{Collation: typemap.ICU}, "integer", ""},
		{of("latin1", "latin1_swedish_ci"), typemap.Settings{Collation: typemap.ICU}, "character varying(9)", "sv-u-ks-level1"},
		{of("latin1", "latin1_general_ci"), typemap.Settings{Collation: typemap.ICU}, "character varying(9)", "und-u-ks-level2"},
		{of("latin1", "latin1_german2_ci"), typemap.Settings{Collation: typemap.ICU}, "character varying(9)", "de-u-co-phonebk-ks-level1"},
		{of("utf8mb4", "utf8mb4_0900_ai_ci"), typemap.Settings{Collation: typemap.ICU}, "character varying(9)", "und-u-ks-level1"},
		{of("utf8mb4", "utf8mb4_0900_as_ci"), typemap.Settings{Collation: typemap.ICU}, "character varying(9)", "und-u-ks-level2"},
		{of("utf8mb4", "utf8mb4_es_trad_0900_ai_ci"), typemap.Settings{Collation: typemap.ICU}, "character varying(9)", "es-u-co-trad-ks-level1"},
		{of("utf8mb4", "utf8mb4_uca1400_turkish_as_ci"), typemap.Settings{Collation: typemap.ICU}, "character varying(9)", "tr-u-ks-level2"},
		{of("utf8mb4", "utf8mb4_unicode_520_nopad_ci"), typemap.Settings{Collation: typemap.ICU}, "character varying(9)", "und-u-ks-level1"},
	} {
		column, err := typemap.New(schema.Column{Type: c.typ}, c.settings)
		if err != nil {
			t.Fatal(err)
		}
		if _, icu := column.ICU(); column.SQL() != c.sql || icu != c.icu {
			t.Errorf("%s %s: %s with ICU %q, want %s with %q", c.typ.Name, c.typ.Collation, column.SQL(), icu, c.sql, c.icu)
		}
	}
	for _, word := range []string{"exact", "citext", "icu"} {
		if c, err := typemap.ParseCollation(word); err != nil || c.String() != word {
			t.Errorf("%s is read as %s (%v)", word, c, err)
		}
	}
	if _, err := typemap.ParseCollation("ci"); err == nil {
		t.Error("ci is read as a collation")
	}
}
