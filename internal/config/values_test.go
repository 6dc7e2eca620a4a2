package config

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"pgchameleon/internal/fault"
	"pgchameleon/internal/mapping"
	"pgchameleon/internal/schema"
	"pgchameleon/internal/typemap"
)

// values has every key of how values are changed.
const values = `type_override:
  enum:
    override_to: text
    override_columns: zoo.cages.*
  "decimal(*":
    override_to: double precision
    override_tables: ["zoo.c*", animals.x]
    override_columns: ["*.weight"]
value_rules:
  by_column:
    zoo.cages.since: {zero_date: 1970-01-01 10:00:00}
    "*.note":
      nul_character: default
  zero_date: -Infinity
  by_type:
    datetime:
      zero_date: 1970-01-01
      out_of_range: error
  invalid_enum_member: ~
  keep_originals: all
mask_key: 0123456789abcdef
`

const perSource = `    masks:
      "*.email": hash
      zoo.cages.born: null
      zoo.cages.name: keep_first(2)
      zoo.cages.phone: "fixed(none: (0))"
    collations:
      "*": citext
      zoo.cages.name: Exact
`

func TestValuesAreReadIntoRules(t *testing.T) {
	c := parse(t, values+minimal(perSource))
	got, err := c.Sources[0].Rules()
	if err != nil {
		t.Fatal(err)
	}
	day := func(text string) typemap.Handling { return typemap.Handling{Action: typemap.Constant, Value: text} }
	want := mapping.Rules{
		Schemas: map[string]string{"zoo": "animals"},
		Overrides: []mapping.Override{
			{Type: "enum", To: "text", Columns: []string{"zoo.cages.*"}},
			{Type: "decimal(*", To: "double precision", Tables: []string{"zoo.c*", "animals.x"}, Columns: []string{"*.weight"}},
		},
		Values: []mapping.ValueRule{
			{Rule: typemap.ZeroDate, Handling: day("-infinity")},
			{Rule: typemap.InvalidEnum, Handling: typemap.Handling{Action: typemap.Null}},
			{Type: "datetime", Rule: typemap.ZeroDate, Handling: day("1970-01-01")},
			{Type: "datetime", Rule: typemap.OutOfRange, Handling: typemap.Handling{Action: typemap.Refuse}},
			{Column: "zoo.cages.since", Rule: typemap.ZeroDate, Handling: day("1970-01-01 10:00:00")},
			{Column: "*.note", Rule: typemap.NulCharacter},
		},
		Masks: []mapping.Masking{
			{Column: "*.email", Mask: typemap.Mask{Kind: typemap.MaskHash}.WithKey([]byte("0123456789abcdef"))},
			{Column: "zoo.cages.born", Mask: typemap.Mask{Kind: typemap.MaskNull}},
			{Column: "zoo.cages.name", Mask: typemap.Mask{Kind: typemap.MaskFirst, First: 2}},
			{Column: "zoo.cages.phone", Mask: typemap.Mask{Kind: typemap.MaskFixed, Fixed: "none: (0)"}},
		},
		MaskKey:       []byte("0123456789abcdef"),
		Collates:      []mapping.Collating{{Column: "*", Collation: typemap.CIText}, {Column: "zoo.cages.name", Collation: typemap.Exact}},
		KeepOriginals: -1,
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(typemap.Mask{}), cmpopts.EquateEmpty()); diff != "" {
		t.Error(diff)
	}
}

func TestValuesAreShown(t *testing.T) {
	shown := map[string]string{}
	for _, s := range parse(t, values+minimal(perSource)).Settings() {
		shown[s.Key] = s.Value
	}
	for key, want := range map[string]string{
		"type_override":              "enum → text (zoo.cages.*); decimal(* → double precision (zoo.c*, animals.x, *.weight)",
		"value_rules.zero_date":      "-infinity",
		"value_rules.rounded":        "default",
		"value_rules.by_type":        "datetime: zero_date → 1970-01-01; datetime: out_of_range → error",
		"value_rules.by_column":      "zoo.cages.since: zero_date → 1970-01-01 10:00:00; *.note: nul_character → default",
		"value_rules.keep_originals": "all",
		"mask_key":                   stars,
		"sources.mysql.masks":        "*.email → hash; zoo.cages.born → null; zoo.cages.name → keep_first(2); zoo.cages.phone → fixed(none: (0))",
		"sources.mysql.collations":   "* → citext; zoo.cages.name → exact",
	} {
		if shown[key] != want {
			t.Errorf("%s is shown as %q, want %q", key, shown[key], want)
		}
	}
	for text, want := range map[string]string{
		"mask_key_env: MK\n":   "from the environment variable MK",
		"mask_key_file: /mk\n": "from the file /mk",
		"":                     "",
	} {
		for _, s := range parse(t, text+minimal("")).Settings() {
			if s.Key == "mask_key" && s.Value != want {
				t.Errorf("with %q the key is shown as %q", text, s.Value)
			}
		}
	}
}

func TestTheKeyOfMasksIsLookedUpWhereItIsNeeded(t *testing.T) {
	file := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(file, []byte("0123456789abcdef\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	hashed := "    masks: {'*.a': hash, '*.b': 'fixed(x)'}\n"
	want := typemap.Mask{Kind: typemap.MaskHash}.WithKey([]byte("0123456789abcdef"))
	for _, where := range []string{"mask_key: 0123456789abcdef\n", "mask_key_env: MK\n", "mask_key_file: " + file + "\n"} {
		rules, err := parse(t, where+minimal(hashed), "MK", "0123456789abcdef").Sources[0].Rules()
		if err != nil || len(rules.Masks) != 2 {
			t.Fatalf("%s: %v, %+v", where, err, rules.Masks)
		}
		if diff := cmp.Diff(want, rules.Masks[0].Mask, cmp.AllowUnexported(typemap.Mask{})); diff != "" {
			t.Errorf("%s: %s", where, diff)
		}
	}
	for text, message := range map[string]string{
		"mask_key_env: MK\n" + minimal(hashed):             "/etc/x.yml:1: mask_key_env names the environment variable MK, which is not set",
		"mask_key_file: /no/such/file\n" + minimal(hashed): "/etc/x.yml:1: mask_key_file: open /no/such/file: no such file or directory",
	} {
		if _, err := parse(t, text).Sources[0].Rules(); fault.KindOf(err) != fault.Config || err.Error() != message {
			t.Errorf("%v, want %s", err, message)
		}
		if _, err := parse(t, strings.Replace(text, hashed, "", 1)).Sources[0].Rules(); err != nil {
			t.Errorf("nothing is masked, but: %v", err)
		}
	}
	_, err := parse(t, "mask_key_env: MK\n"+minimal(hashed), "MK", "hunter2").Sources[0].Rules()
	if fault.KindOf(err) != fault.Config || fault.HintOf(err) != "make one with: openssl rand -hex 32" ||
		err.Error() != "/etc/x.yml:1: the key of the mask hash, from the environment variable MK, has 7 bytes, and needs 16" {
		t.Errorf("a short key: %v, %s", err, fault.HintOf(err))
	}
}

func TestTheExamplesOfTheReferenceAreRight(t *testing.T) {
	blocks := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(Reference(), -1)
	if len(blocks) < 4 {
		t.Fatalf("there are only %d examples", len(blocks))
	}
	for _, block := range blocks {
		top, source, _ := strings.Cut(block[1], "sources:\n  mysql:\n")
		c := parse(t, top+minimal(source))
		if len(c.TypeOverrides)+len(c.ValueRules.General)+len(c.Sources[0].Masks)+len(c.Sources[0].Collations)+len(c.DDLPolicy) == 0 {
			t.Errorf("nothing is read of %s", block[1])
		}
	}
}

// The rules of the configuration reach the columns of tables.
func TestRulesReachTheColumns(t *testing.T) {
	rules, err := parse(t, values+minimal(perSource)).Sources[0].Rules()
	if err != nil {
		t.Fatal(err)
	}
	column := func(name, text string, typ schema.Type) schema.Column {
		typ.Text = text
		return schema.Column{Name: name, Type: typ}
	}
	table, err := rules.Table(&schema.Table{Name: schema.Name{Schema: "zoo", Table: "cages"}, Columns: []schema.Column{
		column("kind", "enum('a')", schema.Type{Name: "enum", Values: []string{"a"}}),
		column("weight", "decimal(5,1)", schema.Type{Name: "decimal", Precision: 5, Scale: 1}),
	}})
	if err != nil || table.Columns[0].Map.SQL() != "text" || table.Columns[1].Map.SQL() != "double precision" {
		t.Errorf("%v, %+v", err, table)
	}
}

func TestMessagesGoWhereTheFileSays(t *testing.T) {
	c := parse(t, "rollbar_key: k3y\nrollbar_env: ''\nwebhook_url_env: HOOK\n"+minimal(""), "HOOK", "https://chat.example.org/t0ken")
	key, err := c.RollbarKey()
	if err != nil || key != "k3y" || c.Messages.RollbarEnv != "production" || c.Messages.RollbarURL != "https://api.rollbar.com/api/1/item/" {
		t.Errorf("Rollbar is reached by %q (%v), %+v", key, err, c.Messages)
	}
	hook, err := c.WebhookURL()
	if err != nil || hook != "https://chat.example.org/t0ken" || c.Messages.WebhookLevel != "info" {
		t.Errorf("the webhook is %q (%v)", hook, err)
	}
	if text := fmt.Sprint(c.Settings()); strings.Contains(text, "k3y") || !strings.Contains(text, "{webhook_url from the environment variable HOOK}") || !strings.Contains(text, "{rollbar_key ********}") {
		t.Errorf("what is shown is %s", text)
	}
	silent := parse(t, "rollbar_key:\nrollbar_env:\n"+minimal(""))
	if key, err := silent.RollbarKey(); key != "" || err != nil {
		t.Errorf("without a key it is %q (%v)", key, err)
	}
	if hook, err := silent.WebhookURL(); hook != "" || err != nil {
		t.Errorf("without an address it is %q (%v)", hook, err)
	}
	_, err = parse(t, "webhook_url: ftp://t0ken\n"+minimal("")).WebhookURL()
	if fault.KindOf(err) != fault.Config || strings.Contains(err.Error(), "t0ken") {
		t.Errorf("an address that is none: %v", err)
	}
	if _, err = parse(t, "webhook_url_env: HOOK\n"+minimal("")).WebhookURL(); fault.KindOf(err) != fault.Config {
		t.Errorf("a variable that is not set: %v", err)
	}
	_, err = Parse("/etc/x.yml", []byte("rollbar_key: a\nrollbar_key_file: /b\n"+minimal("")), "/h", env())
	if err == nil || !strings.Contains(err.Error(), "give one of rollbar_key, rollbar_key_env and rollbar_key_file, not 2") {
		t.Errorf("two keys: %v", err)
	}
}

func TestSourcesOfPostgreSQL(t *testing.T) {
	const source = "  old: {type: pgsql, db_conn: {host: h, user: u%s}, schema_mappings: {a: b}%s}\n"
	c := parse(t, minimal("")+fmt.Sprintf(source, ", database: d", ", replication_slot: s, my_server_id: 7"))
	s, err := c.Source("old")
	if err != nil || !s.PgSQL() || s.Slot != "s" || len(c.Notes) != 1 || c.Notes[0].Key != "my_server_id" {
		t.Errorf("the source is %+v (%v), the notes %v", s, err, c.Notes)
	}
	for keys, message := range map[[2]string]string{
		{"", ""}: "db_conn of old has no database", {", database: d", ", masks: {'*': 'null'}"}: "cannot be masked",
		{", database: d", ", keep_existing_schema: yes"}: "keep_existing_schema: the tables of a source of type pgsql",
	} {
		_, err := Parse("/etc/x.yml", []byte(minimal("")+fmt.Sprintf(source, keys[0], keys[1])), "/h", env())
		if fault.KindOf(err) != fault.Config || !strings.Contains(err.Error(), message) {
			t.Errorf("%v: %v, want %s", keys, err, message)
		}
	}
	if mysql := parse(t, strings.Replace(minimal("    replication_slot: s\n"), "user: u", "user: u\n      database: d", 1)); len(mysql.Notes) != 2 {
		t.Errorf("keys for another type give %v", mysql.Notes)
	}
}
