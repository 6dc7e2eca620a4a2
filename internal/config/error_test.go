package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgchameleon/internal/fault"
)

// Each case is the whole message for a file, without the path before it.
func TestErrorsPointAtTheirPlace(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"a misspelt key", minimal("    lock_timout: 5s\n"), `10:5: unknown key "lock_timout" in the source mysql; did you mean "lock_timeout"?`},
		{"a swap of letters", strings.Replace(minimal(""), "host: h", "hsot: h", 1),
			`6:7: unknown key "hsot" in db_conn of mysql; did you mean "host"?`},
		{"an unknown key", minimal("    zebra: 1\n"), `10:5: unknown key "zebra" in the source mysql; the keys are`},
		{"a wrong type", strings.Replace(minimal(""), "      host: h\n", "      host: h\n      port: many\n", 1), `7:13: port must be a whole number from 1 to 65535, not "many"`},
		{"a port out of range", strings.Replace(minimal(""), "      host: h\n", "      host: h\n      port: 70000\n", 1), `7:13: port must be a whole number from 1 to 65535, not "70000"`},
		{"a list for a value", minimal("    copy_threads: [1]\n"), `10:19: copy_threads must be a whole number from 1 to 64, not a list`},
		{"a value for keys", "pg_conn: postgres://me:secret@host/db\nsources: {m: {db_conn: {host: h, user: u}, schema_mappings: {a: b}}}\n", `1:10: pg_conn must be keys with values, not a value`},
		{"a missing value", minimal("    copy_max_memory:\n"), `10:5: copy_max_memory has no value: give it a size such as 300M, or remove the key`},
		{"a missing key", strings.Replace(minimal(""), "  database: ark", "  host: h", 1), `2:3: pg_conn has no database, which must be given`},
		{"no connection", "sources: {m: {db_conn: {host: h, user: u}, schema_mappings: {a: b}}}\n", `1:1: the configuration has no pg_conn, which must be given`},
		{"no sources", "pg_conn: {database: d}\nsources:\n", `2:1: sources names no source: give at least one`},
		{"no mappings", "pg_conn: {database: d}\nsources:\n  m:\n    db_conn: {host: h, user: u}\n    schema_mappings:\n", `5:5: schema_mappings names no database: give at least one, as database: schema`},
		{"an empty file", "", `1:1: the configuration has no pg_conn, which must be given` + "\n" + `1:1: the configuration has no sources, which must be given`},
		{"a list as a file", "- a\n- b\n", `1:1: the configuration must be keys with values, not a list`},
		{"a key given twice", "pg_conn: {database: d}\npg_conn: {database: e}\nsources: {m: {db_conn: {host: h, user: u}, schema_mappings: {a: b}}}\n", `2:1: the key "pg_conn" is given twice; first on line 1`},
		{"broken indentation", "pg_conn:\n  database: d\n port: 1\n", `3:2: this is not YAML: `},
		{"a tab", "pg_conn:\n\tdatabase: d\n", `2:1: this is not YAML: `},
		{"an open quote", "pg_conn:\n  database: \"d\n", `: this is not YAML: `},
		{"a second document", minimal("") + "---\na: b\n", `a second document begins here; a configuration is one`},
		{"a bad word", minimal("    on_error_replay: ignore\n"), `10:22: on_error_replay must be continue or exit, not "ignore"`},
		{"a near word", "log_level: warn\n" + minimal(""), `1:12: log_level must be debug, info, warning or error, not "warn"`},
		{"a bad size", minimal("    copy_max_memory: 300T\n"), `10:22: copy_max_memory must be a size such as 300M (k, M and G are known), not "300T"`},
		{"a bad span", minimal("    lock_timeout: 5 parsecs\n"), `10:19: lock_timeout must be a span of time such as 120s, 5 min or 1 day, not "5 parsecs"`},
		{"a bad interval", minimal("    relay: postgres\n    batch_retention: some days\n"), `11:22: batch_retention must be a span of time such as 120s, 5 min or 1 day, not "some days"`},
		{"an interval below nothing", minimal("    batch_retention: -1 day\n"), `10:22: batch_retention must be a span of time such as 120s, 5 min or 1 day, not "-1 day"`},
		{"an interval of nothing", minimal("    auto_maintenance: 0\n"), `10:23: auto_maintenance must be longer than nothing, or disabled`},
		{"a bad truth", minimal("    keep_existing_schema: maybe\n"), `10:27: keep_existing_schema must be yes or no, not "maybe"`},
		{"a table without database", minimal("    skip_tables: [cages]\n"), `10:19: skip_tables: "cages" is not of the form database.table`},
		{"two databases to one schema", strings.Replace(minimal(""), "      zoo: animals\n", "      zoo: animals\n      park: animals\n", 1),
			`10:13: schema_mappings: two databases of one source cannot go to one schema, and animals is taken on line 9; a source of its own for one of them may share the schema`},
		{"a schema of ours", strings.Replace(minimal(""), "zoo: animals", "zoo: sch_chameleon", 1), `9:12: schema_mappings: the schema sch_chameleon belongs to PostgreSQL or to chameleon; choose another`},
		{"two passwords", "pg_conn: {database: d, password: hunter2, password_env: PW}\nsources: {m: {db_conn: {host: h, user: u}, schema_mappings: {a: b}}}\n", `1:1: pg_conn: give one of password, password_env and password_file, not 2`},
		{"a certificate without key", strings.Replace(minimal(""), "user: u", "user: u\n      sslcert: /c", 1), `5:5: db_conn: sslcert and sslkey belong together: give both or neither`},
		{"a fillfactor", "fillfactor: {5: {tables: ['*']}}\n" + minimal(""), `1:14: fillfactor takes percentages from 10 to 100, not "5"`},
		{"a fillfactor for all", "fillfactor: {'*': {tables: [a.b]}}\n" + minimal(""), `1:14: fillfactor: "*" stands below the tables of a percentage, as in "70": {tables: ["*"]}`},
		{"an override", "type_override:\n  \"tinyint(1)\":\n    override_too: boolean\n    override_tables: ['*']\n" + minimal(""), `3:5: unknown key "override_too" in type_override of "tinyint(1)"; did you mean "override_to"?`},
		{"an override for nothing", "type_override:\n  \"tinyint(1)\":\n    override_to: boolean\n" + minimal(""),
			`3:5: type_override of "tinyint(1)" has neither override_tables nor override_columns: give one of them; override_tables: ["*"] is for all tables`},
		{"an override of no type", "type_override:\n  tinint(1):\n    override_to: boolean\n    override_tables: '*'\n" + minimal(""),
			`2:3: type_override: "tinint(1)" is no column type of MySQL or MariaDB; did you mean "tinyint"?`},
		{"an override that cannot be done", "type_override:\n  date:\n    override_to: boolean\n    override_tables: '*'\n" + minimal(""),
			`3:18: override_to: overriding date by "boolean": values of date cannot become boolean; what can be done: `},
		{"an override of all bits that cannot be done", "type_override:\n  bit:\n    override_to: uuid\n    override_columns: '*'\n" + minimal(""),
			`3:18: override_to: overriding bit(1) by "uuid": values of bit(1) cannot become uuid; what can be done: `},
		{"an override to no type's name", "type_override:\n  '*':\n    override_to: 'text; drop'\n    override_tables: '*'\n" + minimal(""),
			`3:18: override_to: overriding tinyint by "text; drop": this is not the name of a PostgreSQL type`},
		{"an override to nothing", "type_override:\n  '*':\n    override_to: ''\n    override_tables: '*'\n" + minimal(""),
			`3:18: override_to: it must be a PostgreSQL type, not ""`},
		{"an override of a table by its name alone", "type_override:\n  int:\n    override_to: text\n    override_tables: cages\n" + minimal(""),
			`4:22: override_tables: "cages" is not of the form database.table`},
		{"an override of a column without its table", "type_override:\n  int:\n    override_to: text\n    override_columns: [zoo.weight]\n" + minimal(""),
			`4:24: override_columns: "zoo.weight" is not of the form database.table.column`},
		{"a rule that is none", "value_rules: {zero_dates: error}\n" + minimal(""), `1:15: unknown key "zero_dates" in value_rules; did you mean "zero_date"?`},
		{"a rule that does not do this", "value_rules: {zero_date: remove}\n" + minimal(""), `1:26: zero_date cannot be "remove"; it takes default, null, nearest,`},
		{"a rule's misspelt word", "value_rules: {nul_character: replce}\n" + minimal(""), `1:30: nul_character cannot be "replce"; it takes default, remove, replace, null, error; did you mean "replace"?`},
		{"a day that is none", "value_rules:\n  zero_date: 1970-02-30\n" + minimal(""), `2:14: zero_date cannot be "1970-02-30"; it takes`},
		{"a rule without a word", "value_rules:\n  zero_date:\n" + minimal(""), `2:3: zero_date has no value: give it default, null, nearest, error, -infinity, infinity or a date, or remove the key`},
		{"a rule of no type", "value_rules:\n  by_type:\n    dat: {zero_date: error}\n" + minimal(""), `3:5: by_type: "dat" is no column type of MySQL or MariaDB; did you mean "date"?`},
		{"a rule of a type that is none", "value_rules:\n  by_type:\n    date: {zero: error}\n" + minimal(""), `3:12: unknown key "zero" in by_type of "date"; the keys are duplicate_json_key,`},
		{"a rule of a table", "value_rules:\n  by_column:\n    zoo.cages: {zero_date: error}\n" + minimal(""), `3:5: by_column: "zoo.cages" is not of the form database.table.column`},
		{"originals without number", "value_rules: {keep_originals: some}\n" + minimal(""), `1:31: keep_originals must be a whole number from 0 to 2147483647, or all, not "some"`},
		{"fewer originals than none", "value_rules: {keep_originals: -1}\n" + minimal(""), `1:31: keep_originals must be a whole number from 0 to 2147483647, or all, not "-1"`},
		{"a mask that is none", minimal("    masks:\n      zoo.a.b: hsah\n"), `11:16: masks of zoo.a.b: "hsah" is no mask; give hash, null, fixed(text) or keep_first(number); did you mean "hash"?`},
		{"a mask of nothing", minimal("    masks:\n      zoo.a.b:\n"), `11:7: masks of zoo.a.b has no value: give it hash, null, fixed(text) or keep_first(number), or remove the key`},
		{"a mask that keeps no number", minimal("    masks:\n      zoo.a.b: keep_first(all)\n"), `11:16: masks of zoo.a.b: keep_first takes a number of characters from 0 to 10000, not "all"`},
		{"a mask of a table", minimal("    masks: {zoo.a: hash}\n"), `10:13: masks: "zoo.a" is not of the form database.table.column`},
		{"a mask without its key", minimal("    masks:\n      zoo.a.b: hash\n      zoo.a.c: hash\n"),
			`11:16: the mask hash needs a key: give mask_key, mask_key_env or mask_key_file at the top of the file, and make one with: openssl rand -hex 32`},
		{"a short key", "mask_key: hunter2\n" + minimal(""), `1:11: mask_key has 7 bytes, and needs 16: make one with: openssl rand -hex 32`},
		{"two keys", "mask_key: hunter2hunter2hunter2\nmask_key_env: K\n" + minimal(""), `2:1: give one of mask_key, mask_key_env and mask_key_file, not 2`},
		{"a collation that is none", minimal("    collations: {'*': ci-text}\n"), `10:23: collations of *: "ci-text" is no way of comparing; give exact, citext, icu; did you mean "citext"?`},
		{"collations as a list", minimal("    collations: [citext]\n"), `10:17: collations must be keys with values, not a list`},
		{"a pattern without quotes", "value_rules:\n  by_column:\n    *.note: {zero_date: error}\n" + minimal(""), `; quote what begins with *, as in "*.email"`},
		{"an alias without anchor", "pg_conn: *nowhere\nsources: {}\n", `the alias *nowhere has no anchor &nowhere before it`},
		{"a source's name", "pg_conn: {database: d}\nsources: {a/b: {}}\n", `2:11: a source cannot be named "a/b": its name is part of file names`},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Parse("f.yml", []byte(c.text), "/home/u/.pg_chameleon", env("HOME", "/home/u"))
			if err == nil {
				t.Fatal("there is no error")
			}
			if fault.KindOf(err) != fault.Config || fault.HintOf(err) == "" {
				t.Errorf("kind %v, hint %q", fault.KindOf(err), fault.HintOf(err))
			}
			got := err.Error()
			if strings.Contains(got, "secret") || strings.Contains(got, "hunter2") {
				t.Errorf("the error shows a password: %s", got)
			}
			if strings.Count(got, "\n") != strings.Count(c.want, "\n") {
				t.Errorf("got more or fewer errors: %s", got)
			}
			for _, line := range strings.Split(c.want, "\n") {
				if !strings.Contains(got, line) {
					t.Errorf("got  %s\nwant %s", got, line)
				}
			}
			for _, line := range strings.Split(got, "\n") {
				if !strings.HasPrefix(line, "f.yml:") {
					t.Errorf("a line without its place: %s", line)
				}
			}
		})
	}
}

func TestWhichFileIsMeant(t *testing.T) {
	for name, want := range map[string][2]string{
		"default":    {"/h/configuration/default.yml", "default"},
		"x.yml":      {"x.yml", "x"},
		"/etc/a.yml": {"/etc/a.yml", "a"},
		"./conf":     {"./conf", "conf"},
	} {
		if path, short := Find("/h", name); path != want[0] || short != want[1] {
			t.Errorf("--config %s means %s, named %s", name, path, short)
		}
	}
}

func TestAFileThatIsNotThere(t *testing.T) {
	home := t.TempDir()
	_, err := Load(home, "default", env("HOME", home))
	if fault.KindOf(err) != fault.Config || !strings.HasPrefix(fault.HintOf(err), "run chameleon set_configuration_files") {
		t.Errorf("%v, hint %q", err, fault.HintOf(err))
	}
	if err := MakeHome(home); err != nil {
		t.Fatal(err)
	}
	if _, err := WriteExample(home); err != nil {
		t.Fatal(err)
	}
	_, err = Load(home, "defualt", env("HOME", home))
	if hint := fault.HintOf(err); hint != "--config takes one of: default" {
		t.Errorf("%v, hint %q", err, hint)
	}
	c, err := Load(home, "default", env("HOME", home))
	if err != nil || c.Name != "default" || len(c.Notes) != 0 {
		t.Errorf("%v, %+v", err, c)
	}
}

func TestTheHomeIsClosedToOthers(t *testing.T) {
	home := filepath.Join(t.TempDir(), "home")
	for _, mode := range []os.FileMode{0, 0o755} { // it is not there; it is open
		if mode != 0 {
			if err := os.Chmod(home, mode); err != nil {
				t.Fatal(err)
			}
		}
		if err := MakeHome(home); err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(home); err != nil || info.Mode().Perm() != 0o700 {
			t.Errorf("its mode is %v, %v", info.Mode(), err)
		}
	}
	first, err := WriteExample(home)
	if err != nil || len(first) != 2 {
		t.Fatalf("wrote %v, %v", first, err)
	}
	mine := filepath.Join(home, "configuration", "default.yml")
	if err := os.WriteFile(mine, []byte("pg_conn: {}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if again, err := WriteExample(home); err != nil || len(again) != 1 {
		t.Errorf("wrote %v, %v", again, err)
	}
	if text, err := os.ReadFile(mine); err != nil || string(text) != "pg_conn: {}\n" {
		t.Error("the user's file was written over")
	}
}

func TestAFileThatOthersMayReadIsNoted(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.yml")
	plain := "pg_conn: {database: d}\nsources: {m: {db_conn: {host: h, user: u}, schema_mappings: {a: b}}}\n"
	for text, want := range map[string]string{
		strings.Replace(plain, "database: d", "database: d, password: hunter2", 1): "passwords",
		"mask_key: hunter2hunter2hunter2\n" + plain:                                "mask_key",
		"mask_key_env: K\n" + plain:                                                "",
	} {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		c, err := Load("/nowhere", path, env("HOME", "/home/u"))
		switch {
		case err != nil:
			t.Error(err)
		case want == "" && len(c.Notes) == 0:
		case len(c.Notes) != 1 || !strings.Contains(c.Notes[0].Text, "may read the "+want+" in "+path+" (chmod 600"):
			t.Errorf("%q is noted as %v", text, c.Notes)
		}
	}
}

func TestNoTextMakesItPanic(t *testing.T) {
	text, err := os.ReadFile("testdata/pg_chameleon.yml")
	if err != nil {
		t.Fatal(err)
	}
	for end := 0; end < len(text); end += 7 { // every beginning of a file
		_, _ = Parse("f.yml", text[:end], "/h", env("HOME", "/home/u"))
	}
	bomb := "a: &a [x,x,x,x,x,x,x,x,x]\n"
	for c := 'b'; c < 'l'; c++ {
		bomb += string(c) + ": &" + string(c) + " [" + strings.Repeat("*"+string(c-1)+",", 9) + "]\n"
	}
	if _, err := Parse("f.yml", []byte(bomb), "/h", env()); err == nil {
		t.Error("a file of aliases without end is accepted")
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(minimal("")))
	f.Add(example)
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := Parse("f.yml", text, "/h", env("HOME", "/home/u"))
		if (c == nil) == (err == nil) {
			t.Errorf("config %v, error %v", c, err)
		}
	})
}
