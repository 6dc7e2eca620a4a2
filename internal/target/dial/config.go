package dial

import (
	"context"
	_ "embed"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"pgchameleon/internal/fault"
)

const (
	defaultTimeout = 10 * time.Second
	program        = "pg_chameleon"
	maxName        = 63 // bytes of application_name
)

// settings is the one statement by which a new session gets its settings. They
// are not sent at the start of the session because a server refuses a session
// that asks for a setting it does not know. By the keepalives the server notices
// within half a minute that our machine has gone, and gives the locks back.
//
//go:embed settings.sql
var settings string

// session gives the driver's configuration of a session.
func (c Config) session() (*pgx.ConnConfig, error) {
	var text strings.Builder
	add := func(key, value string) {
		if value != "" {
			fmt.Fprintf(&text, "%s='%s' ", key, strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(value))
		}
	}
	add("host", c.Host)
	if c.Port != 0 {
		add("port", strconv.Itoa(int(c.Port)))
	}
	add("user", c.User)
	add("dbname", c.Database)
	add("sslmode", c.SSLMode)
	add("sslrootcert", c.RootCert)
	add("sslcert", c.Cert)
	add("sslkey", c.Key)
	config, err := pgx.ParseConfig(text.String())
	if err != nil {
		return nil, fault.New(fault.Config, "correct pg_conn (host, port, sslmode and the files of certificates)",
			"the connection to PostgreSQL is not configured rightly: %w", err)
	}
	if c.Password != "" {
		config.Password = c.Password
	}
	if config.ConnectTimeout = c.ConnectTimeout; c.ConnectTimeout <= 0 {
		config.ConnectTimeout = defaultTimeout
	}
	dialer := &net.Dialer{
		Timeout:         config.ConnectTimeout,
		KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: 15 * time.Second, Interval: 5 * time.Second, Count: 4},
	}
	config.DialFunc = dialer.DialContext
	config.RuntimeParams["application_name"] = applicationName(c.Source)
	config.RuntimeParams["client_encoding"] = "UTF8"
	if c.Replication {
		config.RuntimeParams["replication"] = "database"
	}
	config.RuntimeParams["statement_timeout"] = "0" // it would count for the settings, too
	delete(config.RuntimeParams, "timezone")        // PGTZ: ours is UTC
	config.AfterConnect = func(ctx context.Context, conn *pgconn.PgConn) error {
		_, err := conn.Exec(ctx, settings).ReadAll()
		return err
	}
	return config, nil
}

// applicationName names our sessions within what PostgreSQL keeps of a name.
func applicationName(source string) string {
	if source == "" {
		return program
	}
	name := program + " " + source
	if len(name) > maxName {
		name = strings.ToValidUTF8(name[:maxName], "")
	}
	return name
}
