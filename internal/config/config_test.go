package config

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pgchameleon/internal/fault"
	"pgchameleon/internal/mapping"
)

var update = flag.Bool("update", false, "write the reference anew")

// env is an environment of its own.
func env(pairs ...string) func(string) string {
	return func(name string) string {
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i] == name {
				return pairs[i+1]
			}
		}
		return ""
	}
}

func parse(t *testing.T, text string, pairs ...string) *Config {
	t.Helper()
	c, err := Parse("/etc/x.yml", []byte(text), "/home/u/.pg_chameleon", env(append(pairs, "HOME", "/home/u")...))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// minimal is a configuration with nothing that could be left out; what is
// given stands below the source, indented by four.
func minimal(source string) string {
	return "pg_conn:\n  database: ark\nsources:\n  mysql:\n    db_conn:\n      host: h\n      user: u\n    schema_mappings:\n      zoo: animals\n" + source
}

func TestAFileOfPgChameleonIsReadAsItIs(t *testing.T) {
	text, err := os.ReadFile("testdata/pg_chameleon.yml")
	if err != nil {
		t.Fatal(err)
	}
	c := parse(t, string(text))
	if c.PIDDir != "/home/u/.pg_chameleon/pid" || c.LogLevel != "warning" || c.LogDaysKeep != 7 || c.LogDest != "file" {
		t.Errorf("the globals are %+v", c)
	}
	pg, err := c.Dial("mysql")
	if err != nil {
		t.Fatal(err)
	}
	if pg.Host != "pg.example.org" || pg.Port != 5433 || pg.User != "keeper" || pg.Password != `a word 'with' "quotes"` || pg.Database != "ark" ||
		pg.SSLMode != "prefer" || pg.ConnectTimeout != 10*time.Second || pg.Source != "mysql" {
		t.Errorf("the target is %+v", pg)
	}
	s, err := c.Source("mysql")
	if err != nil {
		t.Fatal(err)
	}
	my, err := s.Dial()
	if err != nil {
		t.Fatal(err)
	}
	if my.Host != "my.example.org" || my.Port != 3307 || my.Password != "12345" || my.ConnectTimeout != 20*time.Second || my.NetReadTimeout != 10*time.Minute {
		t.Errorf("the source is %+v", my)
	}
	if s.LockTimeout != Duration(90*time.Second) || s.ServerID != 100 || s.CopyMaxMemory != 200<<20 || s.OnErrorReplay != "exit" || s.KeepExistingSchema {
		t.Errorf("the source is %+v", s)
	}
	want := SkipEvents{Insert: []string{"zoo.cages"}, Delete: []string{"garden"}}
	if diff := cmp.Diff(want, s.SkipEvents); diff != "" {
		t.Error(diff)
	}
	rules := mapping.Rules{
		Schemas: map[string]string{"zoo": "animals", "garden": "plants"},
		Limit:   []string{"zoo.cages", "zoo.weights"},
		Skip:    []string{"garden.moss"}, KeepOriginals: 100000,
		Overrides: []mapping.Override{{Type: "tinyint(1)", To: "boolean", Tables: []string{"*"}}, {Type: "float(5,2)", To: "numeric", Tables: []string{"zoo.weights"}}},
	}
	got, err := s.Rules()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(rules, got); diff != "" {
		t.Error(diff)
	}
	if c.Fillfactor("zoo.cages", "animals.cages") != 30 || c.Fillfactor("zoo.x", "animals.x") != 40 {
		t.Error("the fillfactors are wrong")
	}
	other, err := c.Source("other")
	if err != nil {
		t.Fatal(err)
	}
	old, err := other.DialPgSQL()
	if err != nil || !other.PgSQL() || old.Database != "flood" || old.Port != 5432 || old.Password != "secret" || other.LimitTables[0] != "old.things" ||
		other.Mappings[0] != (Pair{"old", "new"}) {
		t.Errorf("the pgsql source is %+v, reached by %+v (%v)", other, old, err)
	}
}

func TestKeysThatMeanNothingAreNotedWithTheirReason(t *testing.T) {
	text, err := os.ReadFile("testdata/pg_chameleon.yml")
	if err != nil {
		t.Fatal(err)
	}
	c := parse(t, string(text))
	got := map[string]bool{}
	for _, n := range c.Notes {
		got[n.Key] = true
		if line := strings.Split(string(text), "\n")[n.Line-1]; !strings.Contains(line, n.Key) {
			t.Errorf("the note on %s names line %d, which is %q", n.Key, n.Line, line)
		}
		if n.Text == "" {
			t.Errorf("the note on %s says nothing", n.Key)
		}
	}
	for _, key := range []string{"replica_batch_size", "replay_max_rows", "batch_retention", "sleep_loop", "gtid_enable", "schema_mappings", "my_server_id"} {
		if !got[key] {
			t.Errorf("there is no note on %s", key)
		}
	}
	for _, key := range []string{"charset", "rollbar_key", "auto_maintenance"} { // as harmless as they stand there
		if got[key] {
			t.Errorf("there is a note on %s", key)
		}
	}
}

// The relay in PostgreSQL keeps what was replayed for as long as it is told, as PostgreSQL writes it.
func TestTheRetentionOfWhatWasReplayed(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"'1 day'": 24 * time.Hour, "1 day 02:30:00": 26*time.Hour + 30*time.Minute, "2 hours": 2 * time.Hour, "1 mon": 30 * 24 * time.Hour, "P1M": 30 * 24 * time.Hour, "1 yr": 365 * 24 * time.Hour, "disabled": 0, "0": 0, "'0 days'": 0,
	} {
		c := parse(t, minimal("    relay: postgres\n    batch_retention: "+text+"\n"))
		if got := c.Sources[0].BatchRetention; time.Duration(got) != want || len(c.Notes) != 0 {
			t.Errorf("%s is %s, with the notes %v", text, got, c.Notes)
		}
	}
	c := parse(t, minimal("    batch_retention: 1 day\n"))
	if len(c.Notes) != 1 || !strings.Contains(c.Notes[0].Text, "no effect with relay: memory") {
		t.Errorf("with the relay in memory the notes are %v", c.Notes)
	}
}

func TestWhatIsLeftOutHasItsDefault(t *testing.T) {
	c := parse(t, minimal(""))
	s := c.Sources[0]
	if c.PIDDir != "/home/u/.pg_chameleon/pid" || c.LogDir != "/home/u/.pg_chameleon/logs" || c.LogLevel != "info" || c.LogFormat != "text" || c.LogDaysKeep != 10 {
		t.Errorf("the globals are %+v", c)
	}
	if s.Type != "mysql" || s.CopyThreads != 4 || s.CopyMaxMemory != 300<<20 || s.OnErrorReplay != "continue" || s.LockTimeout != Duration(2*time.Minute) {
		t.Errorf("the source is %+v", s)
	}
	if len(c.Notes) != 0 {
		t.Errorf("there are notes: %v", c.Notes)
	}
}

func TestTheExampleIsCurrent(t *testing.T) {
	var want bytes.Buffer
	writeExample(&want)
	if *update {
		if err := os.WriteFile("config-example.yml", want.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want.String(), string(example)); diff != "" {
		t.Errorf("config-example.yml is not current (go test ./internal/config -run TestTheExample -update):\n%s", diff)
	}
}

func TestTheExampleWorksAsAStart(t *testing.T) {
	c := parse(t, string(example))
	if len(c.Sources) != 1 || c.Sources[0].Name != "mysql" || len(c.Notes) != 0 {
		t.Errorf("the example gives %d sources and the notes %v", len(c.Sources), c.Notes)
	}
	// What is commented out is right too, and shows the default.
	var uncommented []string
	for line := range strings.Lines(string(example)) {
		if key := strings.TrimSpace(line); strings.HasPrefix(key, "#") && !strings.HasPrefix(key, "# ") && key != "#" {
			line = strings.Replace(line, "#", "", 1)
		}
		uncommented = append(uncommented, line)
	}
	all := parse(t, strings.Join(uncommented, ""))
	if len(all.Notes) != 0 {
		t.Errorf("the whole example gives the notes %v", all.Notes)
	}
	defaults := map[string]string{}
	for _, s := range c.Settings() {
		defaults[s.Key] = s.Value
	}
	defaults["mask_key"] = "from the file /home/u/.pg_chameleon/mask_key" // the key that it names holds it
	for _, s := range all.Settings() {
		path := strings.Replace(s.Key, "sources.mysql.", "sources.", 1)
		if _, is := shown[path]; !is && s.Value != defaults[s.Key] {
			t.Errorf("the example has %s: %s, and the default is %s", s.Key, s.Value, defaults[s.Key])
		}
	}
}

// Every key is in the example, and what the example shows of a key is of one that there is.
func TestTheExampleHasEveryKey(t *testing.T) {
	c := newConfig("~", func(string) string { return "" })
	known := map[string]bool{}
	var walk func(above string, fields []field)
	walk = func(above string, fields []field) {
		for _, f := range fields {
			if f.value == nil {
				continue
			}
			known[above+f.name] = true
			if !regexp.MustCompile(`(?m)^ *#? ?` + f.name + `:`).Match(example) {
				t.Errorf("the example does not have %s%s", above, f.name)
			}
			if nested, is := f.value.(keys); is {
				walk(above+f.name+".", nested.fields)
			}
		}
	}
	walk("", c.fields())
	walk("sources.", newSource(c).fields())
	for _, list := range []map[string]string{given, shown} {
		for path := range list {
			if !known[path] {
				t.Errorf("there is no key %s", path)
			}
		}
	}
}

func TestPasswordsAreNeverShown(t *testing.T) {
	c := parse(t, "pg_conn: {host: h, database: d, password: hunter2}\nsources: {m: {db_conn: {host: h, user: u, password: hunter2}, schema_mappings: {a: b}}}\n")
	text, err := json.Marshal(c.Settings())
	if err != nil {
		t.Fatal(err)
	}
	secret := c.Sources[0].Conn.password
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "secret", secret, "conn", c.Target.Conn)
	quoted, err := json.Marshal(secret)
	if err != nil {
		t.Fatal(err)
	}
	for _, shown := range []string{string(text), log.String(), string(quoted), fmt.Sprint(secret), fmt.Sprintf("%v %+v %#v %s %q", c, c.Target, c.Target, secret, secret)} {
		if strings.Contains(shown, "hunter2") {
			t.Errorf("a password is shown: %s", shown)
		}
	}
	if secret.Reveal() != "hunter2" {
		t.Error("the password is lost")
	}
}

func TestPasswordsComeFromTheEnvironmentOrAFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(file, []byte("from a file \r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	text := "pg_conn: {database: d, password_env: PW}\nsources: {m: {db_conn: {host: h, user: u, password: '', password_file: " + file + "}, schema_mappings: {a: b}}}\n"
	c := parse(t, text, "PW", "from the environment")
	target, err := c.Dial("")
	if err != nil || target.Password != "from the environment" {
		t.Errorf("the target's password is %q, %v", target.Password, err)
	}
	source, err := c.Sources[0].Dial()
	if err != nil || source.Password != "from a file " {
		t.Errorf("the source's password is %q, %v", source.Password, err)
	}
	_, err = parse(t, text).Dial("")
	if fault.KindOf(err) != fault.Config || err.Error() != "/etc/x.yml:1: password_env names the environment variable PW, which is not set" {
		t.Errorf("a variable that is not set: %v", err)
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if _, err = c.Sources[0].Dial(); fault.KindOf(err) != fault.Config || !strings.Contains(err.Error(), "/etc/x.yml:2: password_file: ") {
		t.Errorf("a file that is not there: %v", err)
	}
}

func TestAliasesAndMergesWork(t *testing.T) {
	c := parse(t, `
pg_conn: {database: d}
sources:
  a: &first
    db_conn: &conn {host: h, user: u, port: 3310}
    schema_mappings: {x: y}
    copy_threads: 2
  b:
    <<: *first
    db_conn:
      <<: *conn
      host: other
    schema_mappings: {z: z}
`)
	b := c.Sources[1]
	if b.CopyThreads != 2 || b.Conn.Host != "other" || b.Conn.Port != 3310 || b.Mappings[0] != (Pair{"z", "z"}) {
		t.Errorf("the merged source is %+v", b)
	}
}

func TestReference(t *testing.T) {
	const path = "../../docs/configuration.md"
	want := Reference()
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("docs/configuration.md is not current (go test ./internal/config -run TestReference -update):\n%s", diff)
	}
	for _, f := range (&Config{}).fields() {
		if f.value != nil && f.doc == "" || f.value == nil && f.ignored == "" {
			t.Errorf("the key %s is not described", f.name)
		}
	}
}
