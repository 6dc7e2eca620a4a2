package dial_test

import (
	"context"
	"errors"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pgchameleon/internal/event"
	"pgchameleon/internal/fault"
	"pgchameleon/internal/source/dial"
	"pgchameleon/internal/testserver"
)

func TestMain(m *testing.M) { testserver.Main(m) }

var sources = []string{"mariadb-10.11", "mariadb-11.8", "mysql-9.7", "mysql-5.6"}

func config(s *testserver.Server) dial.Config {
	return dial.Config{Host: s.Host, Port: uint16(s.Port), User: s.User}
}

func TestSessionsAreInAKnownState(t *testing.T) {
	for _, name := range sources {
		t.Run(name, func(t *testing.T) {
			s := testserver.Shared(t, name)
			database := s.Database(t, "dial")
			conn, err := dial.Connect(t.Context(), config(s), database, dial.RawRows)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			got, err := dial.Text(t.Context(), conn, `SELECT @@time_zone, @@sql_mode, @@autocommit, @@character_set_client,
				@@character_set_results, @@net_read_timeout, @@net_write_timeout, DATABASE(), NULL, `+dial.Literal("it's \\ \x00 \"é🦎"))
			if err != nil {
				t.Fatal(err)
			}
			want := [][]string{{"+00:00", "", "1", "utf8mb4", "utf8mb4", "600", "600", database, "", "it's \\ \x00 \"é🦎"}}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
			if flavor, version := dial.Version(conn.GetServerVersion()); flavor != s.Flavor() || version < 50600 {
				t.Errorf("%q is %s %d", conn.GetServerVersion(), flavor, version)
			}
			socket := dial.Config{Host: s.Socket, User: s.User, SSLMode: dial.VerifyFull}
			local, err := dial.Connect(t.Context(), socket, "")
			if err != nil {
				t.Fatal(err)
			}
			_ = local.Close()
		})
	}
}

func TestRefusalsAreExplained(t *testing.T) {
	s := testserver.Shared(t, testserver.Source)
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	free := uint16(closed.Addr().(*net.TCPAddr).Port)
	_ = closed.Close()
	good := config(s)
	cases := map[string]struct {
		change   func(*dial.Config)
		database string
		kind     fault.Kind
		text     string
	}{
		"password": {func(c *dial.Config) { c.User, c.Password = "root", "secret" }, "", fault.Environment, "1045"},
		"host":     {func(c *dial.Config) { c.Host = "no-such-host.invalid" }, "", fault.Config, `there is no host "no-such-host.invalid"`},
		"refused":  {func(c *dial.Config) { c.Port = free }, "", fault.Retry, "no server answers"},
		"database": {func(*dial.Config) {}, "no_such_database", fault.Environment, "no_such_database"},
		"tls":      {func(c *dial.Config) { c.SSLMode = dial.Require }, "", fault.Environment, "does not offer TLS"},
		"sslmode":  {func(c *dial.Config) { c.SSLMode = "yes" }, "", fault.Config, `no sslmode "yes"`},
		"rootcert": {func(c *dial.Config) { c.RootCert = "/no/such/file" }, "", fault.Config, "/no/such/file"},
		"socket":   {func(c *dial.Config) { c.Host = "/no/such/socket" }, "", fault.Retry, "/no/such/socket"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			cfg := good
			c.change(&cfg)
			_, err := dial.Connect(t.Context(), cfg, c.database)
			if err == nil || fault.KindOf(err) != c.kind || !strings.Contains(err.Error(), c.text) || fault.HintOf(err) == "" {
				t.Errorf("%v\nkind %v, hint %q", err, fault.KindOf(err), fault.HintOf(err))
			}
			if err != nil && strings.Contains(err.Error(), "secret") {
				t.Error("the password is in the message")
			}
		})
	}
}

// MySQL makes its own certificate at the first start; MariaDB 11.8 does so too.
func TestTLSModes(t *testing.T) {
	for _, name := range []string{"mysql-9.7", "mariadb-11.8"} {
		t.Run(name, func(t *testing.T) {
			s := testserver.Shared(t, name)
			for mode, cipher := range map[dial.SSLMode]bool{"": true, dial.Disable: false, dial.Allow: false, dial.Prefer: true, dial.Require: true} {
				cfg := config(s)
				cfg.SSLMode = mode
				conn, err := dial.Connect(t.Context(), cfg, "")
				if err != nil {
					t.Fatal(mode, err)
				}
				got, err := dial.Text(t.Context(), conn, "SHOW STATUS LIKE 'Ssl_cipher'")
				_ = conn.Close()
				if err != nil || (got[0][1] != "") != cipher {
					t.Errorf("mode %q: cipher %v, %v", mode, got, err)
				}
			}
			for _, mode := range []dial.SSLMode{dial.VerifyCA, dial.VerifyFull} {
				cfg := config(s)
				cfg.SSLMode = mode
				if _, err := dial.Connect(t.Context(), cfg, ""); fault.KindOf(err) != fault.Environment || !strings.Contains(err.Error(), "certificate") {
					t.Errorf("mode %s with a certificate nobody knows: %v", mode, err)
				}
			}
		})
	}
}

func TestVerifyCAAcceptsTheServersAuthority(t *testing.T) {
	s := testserver.Shared(t, "mysql-9.7")
	cfg := config(s)
	cfg.SSLMode, cfg.RootCert = dial.VerifyCA, s.Dir+"/data/ca.pem"
	conn, err := dial.Connect(t.Context(), cfg, "")
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.Close()
	cfg.SSLMode = dial.VerifyFull // the certificate is not made out to 127.0.0.1
	if _, err := dial.Connect(t.Context(), cfg, ""); err == nil {
		t.Error("verify-full accepted a certificate of another host")
	}
}

func TestAHangingServerEndsWithTheContext(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	host, port, _ := net.SplitHostPort(silent.Addr().String())
	number, _ := strconv.Atoi(port)
	cfg := dial.Config{Host: host, Port: uint16(number), User: "root", ConnectTimeout: 50 * time.Millisecond}
	if _, err := dial.Connect(t.Context(), cfg, ""); fault.KindOf(err) != fault.Retry {
		t.Errorf("a silent server: %v", err)
	}
	cfg.ConnectTimeout = time.Minute
	ctx, cancel := context.WithCancelCause(t.Context())
	reason := errors.New("enough")
	cancel(reason)
	if _, err := dial.Connect(ctx, cfg, ""); !errors.Is(err, reason) {
		t.Errorf("a cancelled context: %v", err)
	}
}

func TestACancelledQueryIsBroken(t *testing.T) {
	conn, err := dial.Connect(t.Context(), config(testserver.Shared(t, testserver.Source)), "")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := dial.Query(ctx, conn, "SELECT SLEEP(30)"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the query ended with %v", err)
	}
}

func TestVersions(t *testing.T) {
	for text, want := range map[string]struct {
		flavor event.Flavor
		number int
	}{
		"5.6.24":                     {event.MySQL, 50624},
		"8.0.36-28-log":              {event.MySQL, 80036},
		"9.7.4":                      {event.MySQL, 90704},
		"5.5.5-10.11.19-MariaDB-log": {event.MariaDB, 101119},
		"11.8.6-MariaDB-0+deb13u1":   {event.MariaDB, 110806},
		"10.6.14-MariaDB-enterprise": {event.MariaDB, 100614},
		"8.0.mysql_aurora.3.05.2":    {event.MySQL, 80000},
		"":                           {event.MySQL, 0},
	} {
		if flavor, number := dial.Version(text); flavor != want.flavor || number != want.number {
			t.Errorf("%q is %s %d", text, flavor, number)
		}
	}
}

func TestClassify(t *testing.T) {
	plain := errors.New("x")
	if dial.Classify(nil) != nil || dial.Classify(plain) != plain {
		t.Error("errors that say nothing must stay as they are")
	}
	if got := dial.Quote("a`b"); got != "`a``b`" {
		t.Error(got)
	}
}
