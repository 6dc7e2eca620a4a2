package dial_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"pgchameleon/internal/fault"
	"pgchameleon/internal/target/dial"
	"pgchameleon/internal/testserver"
)

func TestMain(m *testing.M) { testserver.Main(m) }

func config(s *testserver.Server) dial.Config {
	return dial.Config{Host: s.Host, Port: uint16(s.Port), User: s.User, Database: "postgres", SSLMode: "disable"}
}

func connect(t *testing.T, c dial.Config) *dial.Conn {
	t.Helper()
	conn, err := dial.Connect(t.Context(), c)
	must(t, err)
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// refuses checks that no connection is made, that the reason is said in one
// line without the password, and gives the advice.
func refuses(t *testing.T, c dial.Config, kind fault.Kind, text string) string {
	t.Helper()
	conn, err := dial.Connect(t.Context(), c)
	if err == nil {
		_ = conn.Close(context.Background())
		t.Fatalf("it connected; want an error about %q", text)
	}
	if fault.KindOf(err) != kind || !strings.Contains(err.Error(), text) {
		t.Errorf("the error is %q (%v), want %v about %q", err, fault.KindOf(err), kind, text)
	}
	if strings.Contains(err.Error(), "\n") || c.Password != "" && strings.Contains(err.Error()+fault.HintOf(err), c.Password) {
		t.Errorf("the error is not fit to be shown: %q", err)
	}
	return fault.HintOf(err)
}

func TestSessionsAreInAKnownState(t *testing.T) {
	t.Setenv("PGTZ", "Asia/Tokyo")
	t.Setenv("PGAPPNAME", "somebody")
	for _, name := range []string{"postgres-15", "postgres-18"} {
		s := testserver.Shared(t, name)
		database := s.Database(t, `d "i'al\`)
		s.Exec(t, database, "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET statement_timeout = 1', current_database()); END $$",
			"DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET bytea_output = escape', current_database()); END $$",
			"DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET datestyle = german', current_database()); END $$",
			"DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET idle_session_timeout = 1000', current_database()); END $$")
		c := config(s)
		c.Database, c.Source = database, "shop "+strings.Repeat("ä", 60)
		conn := connect(t, c)
		for setting, want := range map[string]string{
			"TimeZone": "UTC", "DateStyle": "ISO, YMD", "IntervalStyle": "postgres", "bytea_output": "hex", "client_encoding": "UTF8",
			"standard_conforming_strings": "on", "extra_float_digits": "3", "statement_timeout": "0", "idle_in_transaction_session_timeout": "0",
			"idle_session_timeout": "0", "lock_timeout": "0", "default_transaction_isolation": "read committed",
			"tcp_keepalives_idle": "10", "tcp_keepalives_interval": "5", "tcp_keepalives_count": "3", "default_toast_compression": "lz4",
		} {
			var got string
			must(t, conn.QueryRow(t.Context(), "SELECT current_setting($1)", setting).Scan(&got))
			if got != want {
				t.Errorf("%s: %s is %q, want %q", name, setting, got, want)
			}
		}
		var got string
		must(t, conn.QueryRow(t.Context(), "SELECT application_name FROM pg_stat_activity WHERE pid = pg_backend_pid()").Scan(&got))
		if !strings.HasPrefix(got, "pg_chameleon shop") {
			t.Errorf("%s: the session is named %q", name, got)
		}
		_, err := conn.Exec(t.Context(), "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_toast_compression = pglz', current_database()); END $$")
		must(t, err)
		must(t, connect(t, c).QueryRow(t.Context(), "SELECT current_setting('default_toast_compression')").Scan(&got))
		if got != "pglz" {
			t.Errorf("%s: long values are compressed by %s, though pglz is asked for", name, got)
		}
	}
}

func TestRefusalsAreExplained(t *testing.T) {
	s := testserver.Private(t, testserver.Target)
	s.Exec(t, "", "CREATE ROLE guarded LOGIN PASSWORD 'right'", `CREATE ROLE "o'dd ""role\" LOGIN PASSWORD 'a ''b"\ c'`,
		"CREATE ROLE crowded LOGIN CONNECTION LIMIT 0", "CREATE ROLE shut LOGIN", "CREATE ROLE private_only LOGIN", "CREATE DATABASE closed",
		"REVOKE CONNECT ON DATABASE closed FROM PUBLIC")
	hba(t, s, "host all postgres,crowded,shut 127.0.0.1/32 trust", "host all private_only 127.0.0.1/32 reject",
		"host all all 127.0.0.1/32 scram-sha-256")

	c := config(s)
	c.User, c.Password = "guarded", "right"
	connect(t, c)
	c.Password = "wrong'pass"
	if hint := refuses(t, c, fault.Environment, `the password for user "guarded" is wrong`); !strings.Contains(hint, `ALTER ROLE "guarded" PASSWORD`) {
		t.Errorf("the hint is %q", hint)
	}
	c.Password = ""
	refuses(t, c, fault.Environment, `the password for user "guarded" is wrong`)
	t.Setenv("PGPASSWORD", "right") // honoured where nothing is configured
	t.Setenv("PGUSER", "postgres")  // not where something is
	connect(t, c)

	c.User, c.Password = `o'dd "role\`, `a 'b"\ c`
	connect(t, c)
	c = config(s)
	c.Database = "no such"
	if hint := refuses(t, c, fault.Environment, `the database "no such" does not exist`); hint != `create it with: CREATE DATABASE "no such"` {
		t.Errorf("the hint is %q", hint)
	}
	c.Database, c.User = "closed", "shut"
	if hint := refuses(t, c, fault.Environment, "permission denied"); hint != `grant it with: GRANT CONNECT ON DATABASE "closed" TO "shut"` {
		t.Errorf("the hint is %q", hint)
	}
	c = config(s)
	c.User = "crowded"
	refuses(t, c, fault.Retry, "no free connection")
	c.User = "private_only"
	refuses(t, c, fault.Environment, "pg_hba.conf")
	c = config(s)
	c.Host = "no-such-host.invalid"
	_, err := dial.Connect(t.Context(), c)
	if err == nil || !strings.Contains(err.Error(), "no-such-host.invalid") || strings.Contains(err.Error(), "\n") {
		t.Errorf("an unknown host gives %v", err)
	}
	t.Logf("an unknown host: %v (%v)", err, fault.KindOf(err))
	c = config(s)
	c.SSLMode = "require"
	if hint := refuses(t, c, fault.Environment, "sslmode asks for TLS"); !strings.Contains(hint, "switch on ssl") {
		t.Errorf("the hint is %q", hint)
	}
	c.SSLMode = "perhaps"
	refuses(t, c, fault.Config, "is not configured rightly")
	c.SSLMode, c.RootCert = "verify-ca", "/nowhere/ca.pem"
	refuses(t, c, fault.Config, "is not configured rightly")

	s.Stop(t)
	c = config(s)
	refuses(t, c, fault.Retry, "nothing listens there")
	if _, err := dial.Pool(t.Context(), c, 2); fault.KindOf(err) != fault.Retry {
		t.Errorf("a pool without a server gives %v", err)
	}
	s.Start(t)
	connect(t, c)
}

// hba replaces the server's rules of who may connect how, and waits until they
// hold. The server's own hand writes the file.
func hba(t *testing.T, s *testserver.Server, rules ...string) {
	t.Helper()
	file := s.Query(t, "", "SHOW hba_file")[0][0]
	s.Exec(t, "", fmt.Sprintf("COPY (SELECT unnest(ARRAY['%s'])) TO '%s'", strings.Join(rules, "', '"), file))
	reload(t, s)
}

// reload makes the server read its configuration again. Sessions that begin
// afterwards have it: the postmaster is asked by a change that shows.
func reload(t *testing.T, s *testserver.Server) {
	t.Helper()
	mark := fmt.Sprintf("reload_%d", time.Now().UnixNano())
	s.Exec(t, "", "ALTER SYSTEM SET cluster_name = '"+mark+"'", "ALTER SYSTEM SET search_path = '"+mark+"'", "SELECT pg_reload_conf()")
	for deadline := time.Now().Add(20 * time.Second); s.Query(t, "", "SHOW search_path")[0][0] != mark; {
		if time.Now().After(deadline) {
			t.Fatal("the server did not read its configuration again within 20 s")
		}
	}
	s.Exec(t, "", "ALTER SYSTEM RESET search_path", "ALTER SYSTEM RESET cluster_name", "SELECT pg_reload_conf()")
}

func TestASilentServerIsGivenUp(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer func() { _ = listener.Close() }() // nobody ever accepts
	c := dial.Config{
		Host: "127.0.0.1", Port: uint16(listener.Addr().(*net.TCPAddr).Port), User: "u", Database: "d", SSLMode: "disable",
		ConnectTimeout: 100 * time.Millisecond,
	}
	refuses(t, c, fault.Retry, "no answer within 100ms")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := dial.Connect(ctx, c); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled attempt gives %v", err)
	}
}

func TestPoolsHaveALimit(t *testing.T) {
	s := testserver.Shared(t, testserver.Target)
	c := config(s)
	pool, err := dial.Pool(t.Context(), c, 2)
	must(t, err)
	defer pool.Close()
	if limit := pool.Config().MaxConns; limit != 2 {
		t.Errorf("the limit is %d", limit)
	}
	var zone string
	must(t, pool.QueryRow(t.Context(), "SHOW timezone").Scan(&zone))
	if zone != "UTC" {
		t.Errorf("the pool's session has zone %s", zone)
	}
	c.Database = "no such"
	if _, err := dial.Pool(t.Context(), c, 2); fault.KindOf(err) != fault.Environment || !strings.Contains(err.Error(), "does not exist") {
		t.Errorf("a pool without its database gives %v", err)
	}
}
