package dial

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/go-mysql-org/go-mysql/client"
	"github.com/go-mysql-org/go-mysql/mysql"

	"pgchameleon/internal/event"
)

// Conn is the driver's connection by the name that the packages above use, so
// that the driver is imported in few places.
type Conn = client.Conn

// RawRows is an option of Connect for readers of raw packets: result sets end
// in EOF packets and queries carry no attributes.
func RawRows(c *client.Conn) error {
	c.UnsetCapability(mysql.CLIENT_DEPRECATE_EOF)
	c.UnsetCapability(mysql.CLIENT_QUERY_ATTRIBUTES)
	return nil
}

// Connect opens a connection, to no database if database is "", and brings its
// session into a known state: utf8mb4, UTC, a plain sql_mode, autocommit, no
// limits on time or rows. The caller closes it. A cancelled ctx ends the
// attempt; it has no effect on the connection afterwards.
func Connect(ctx context.Context, cfg Config, database string, options ...client.Option) (*client.Conn, error) {
	timeout := cfg.ConnectTimeout
	if timeout <= 0 {
		timeout = defaultConnectTimeout
	}
	limited, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	conn, err := negotiate(limited, cfg, database, options)
	if err == nil {
		if err = prepare(limited, cfg, conn); err != nil {
			_ = conn.Close()
		}
	}
	switch {
	case err == nil:
		return conn, nil
	case ctx.Err() != nil:
		return nil, fmt.Errorf("connecting to MySQL at %s: %w", cfg.Address(), context.Cause(ctx))
	}
	return nil, cfg.explain(err, database)
}

// negotiate tries with and without TLS in the order that the mode asks for.
func negotiate(ctx context.Context, cfg Config, database string, options []client.Option) (*client.Conn, error) {
	encrypted, err := cfg.TLS()
	if err != nil {
		return nil, err
	}
	var first, second *tls.Config
	switch cfg.mode() {
	case Allow:
		second = encrypted
	case Prefer:
		first = encrypted
	default:
		conn, _, err := attempt(ctx, cfg, database, encrypted, options)
		return conn, err
	}
	conn, refused, err := attempt(ctx, cfg, database, first, options)
	var server *mysql.MyError
	if err == nil || !refused || ctx.Err() != nil || (first != nil && errors.As(err, &server)) {
		return conn, err // done, or the same would come of the other way
	}
	conn, _, again := attempt(ctx, cfg, database, second, options)
	if again != nil && !errors.Is(err, errNoTLS) && !errors.As(again, &server) {
		return nil, err
	}
	return conn, again
}

// attempt makes one connection; refused says that a server answered the call.
func attempt(ctx context.Context, cfg Config, database string, encrypted *tls.Config, options []client.Option) (conn *client.Conn, refused bool, err error) {
	release := func() bool { return true }
	dialer := func(ctx context.Context, network, address string) (net.Conn, error) {
		raw, err := new(net.Dialer).DialContext(ctx, network, address)
		if err == nil {
			refused = true
			release = context.AfterFunc(ctx, func() { _ = raw.Close() }) // ends a handshake that hangs
		}
		return raw, err
	}
	network := "tcp"
	if cfg.socket() {
		network = "unix"
	}
	var tried *client.Conn
	all := append([]client.Option{func(c *client.Conn) error {
		tried = c
		c.SetTLSConfig(encrypted)
		c.SetAttributes(map[string]string{"program_name": "pg_chameleon"})
		return nil
	}}, options...)
	conn, err = client.ConnectWithDialer(ctx, network, cfg.Address(), cfg.User, cfg.Password, database, dialer, all...)
	if !release() && err == nil {
		_ = conn.Close()
		return nil, refused, ctx.Err()
	}
	if err != nil && encrypted != nil && tried != nil && tried.GetServerVersion() != "" && !strings.Contains(tried.CapabilityString(), "CLIENT_SSL") {
		err = errNoTLS
	}
	return conn, refused, err
}

var errNoTLS = errors.New("the server does not offer TLS")

// prepare brings the session into the state that Connect promises.
func prepare(ctx context.Context, cfg Config, conn *client.Conn) error {
	patience := cfg.NetReadTimeout
	if patience <= 0 {
		patience = defaultNetTimeout
	}
	seconds := max(1, int(patience/time.Second))
	settings := []string{
		"time_zone='+00:00'", "sql_mode=''", "autocommit=1", "sql_quote_show_create=1", "sql_big_selects=1",
		"sql_select_limit=18446744073709551615", "wait_timeout=86400",
		fmt.Sprintf("net_read_timeout=%d", seconds), fmt.Sprintf("net_write_timeout=%d", seconds),
	}
	flavor, version := Version(conn.GetServerVersion())
	switch {
	case flavor == event.MariaDB:
		settings = append(settings, "max_statement_time=0")
	case version >= 50708:
		settings = append(settings, "max_execution_time=0")
	}
	return Exec(ctx, conn, "SET NAMES utf8mb4", "SET SESSION "+strings.Join(settings, ", SESSION "),
		"SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ")
}
