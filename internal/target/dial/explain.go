package dial

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"strconv"
	"syscall"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"pgchameleon/internal/fault"
)

// connectError is one sentence about a connection that could not be made; the
// driver's own words, of several lines, stay reachable below it.
type connectError struct {
	text  string
	cause error
}

func (e *connectError) Error() string { return e.text }
func (e *connectError) Unwrap() error { return e.cause }

// explain turns the failure of a connection into a sentence with a kind and
// advice.
func explain(ctx context.Context, config *pgconn.Config, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("connecting to PostgreSQL: %w", context.Cause(ctx))
	}
	kind, hint, text := reason(config, err)
	return &fault.Error{Kind: kind, Hint: hint, Err: &connectError{
		text:  fmt.Sprintf("cannot connect to PostgreSQL at %s: %s", address(config), text),
		cause: err,
	}}
}

func address(config *pgconn.Config) string {
	if len(config.Host) > 0 && config.Host[0] == '/' {
		return fmt.Sprintf("%s (port %d)", config.Host, config.Port)
	}
	return net.JoinHostPort(config.Host, strconv.Itoa(int(config.Port)))
}

func reason(config *pgconn.Config, err error) (fault.Kind, string, string) {
	var refusal *pgconn.PgError
	if errors.As(err, &refusal) {
		return refused(config, refusal)
	}
	var dns *net.DNSError
	if errors.As(err, &dns) {
		if dns.IsNotFound {
			return fault.Environment, "correct the host of pg_conn, or this machine's name service",
				fmt.Sprintf("the host %q is not known", dns.Name)
		}
		return fault.Retry, "", fmt.Sprintf("the name service does not answer for host %q", dns.Name)
	}
	if text := certificate(err); text != "" {
		return fault.Environment, "check sslmode, sslrootcert, sslcert and sslkey of pg_conn against the server's certificate",
			"TLS: " + text
	}
	var network net.Error
	switch {
	case errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, syscall.ENOENT):
		return fault.Retry, "start PostgreSQL, or correct host and port of pg_conn", "nothing listens there"
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &network) && network.Timeout():
		return fault.Retry, "check the host, the port and the firewall",
			fmt.Sprintf("no answer within %s", config.ConnectTimeout)
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return fault.Retry, "check the host and the network", "the network has no way there"
	case errors.As(err, &network):
		return fault.Retry, "", "the connection was lost while it was made: " + network.Error()
	}
	var connecting *pgconn.ConnectError
	if errors.As(err, &connecting) && config.TLSConfig != nil && len(config.Fallbacks) == 0 {
		return fault.Environment, "switch on ssl in the server's postgresql.conf, or set sslmode to prefer or disable in pg_conn",
			"sslmode asks for TLS, and no TLS connection could be made: " + innermost(err).Error()
	}
	if errors.As(err, &connecting) {
		return fault.Retry, "", innermost(err).Error()
	}
	return fault.Environment, "", err.Error()
}

// refused explains a server's refusal of a session.
func refused(config *pgconn.Config, refusal *pgconn.PgError) (fault.Kind, string, string) {
	switch refusal.Code {
	case "28P01": // invalid_password
		return fault.Environment, "correct user and password of pg_conn (or password_env, password_file), or set the password with: " +
				"ALTER ROLE " + quote(config.User) + " PASSWORD '…'",
			fmt.Sprintf("the password for user %q is wrong", config.User)
	case "28000": // invalid_authorization_specification: pg_hba.conf, or no such role
		return fault.Environment, "create the role, or allow it in the server's pg_hba.conf", refusal.Message
	case "3D000": // invalid_catalog_name
		return fault.Environment, "create it with: CREATE DATABASE " + quote(config.Database),
			fmt.Sprintf("the database %q does not exist", config.Database)
	case "42501":
		return fault.Environment, fmt.Sprintf("grant it with: GRANT CONNECT ON DATABASE %s TO %s", quote(config.Database), quote(config.User)), refusal.Message
	case "53300": // too_many_connections
		return fault.Retry, "raise max_connections, or use fewer parallel workers", "the server has no free connection: " + refusal.Message
	case "57P01", "57P02", "57P03": // admin_shutdown, crash_shutdown, cannot_connect_now
		return fault.Retry, "", "the server is starting or stopping: " + refusal.Message
	}
	kind, hint := kindOf(refusal.Code)
	return kind, hint, refusal.Message
}

func quote(name string) string { return pgx.Identifier{name}.Sanitize() }

// certificate tells what is wrong with TLS, or "".
func certificate(err error) string {
	var unknown x509.UnknownAuthorityError
	var name x509.HostnameError
	var invalid x509.CertificateInvalidError
	var verification *tls.CertificateVerificationError
	var alert tls.AlertError
	var header tls.RecordHeaderError
	switch {
	case errors.As(err, &unknown):
		return "the server's certificate is signed by nobody whom sslrootcert knows"
	case errors.As(err, &name):
		return "the server's certificate is for another host: " + name.Error()
	case errors.As(err, &invalid):
		return invalid.Error()
	case errors.As(err, &verification):
		return verification.Error()
	case errors.As(err, &alert):
		return "the server ended the handshake: " + alert.Error()
	case errors.As(err, &header):
		return header.Error()
	}
	return ""
}

// innermost goes down err's chain to its first cause.
func innermost(err error) error {
	for {
		switch wrapped := err.(type) { //nolint:errorlint // walking the chain by hand
		case interface{ Unwrap() error }:
			next := wrapped.Unwrap()
			if next == nil {
				return err
			}
			err = next
		case interface{ Unwrap() []error }:
			list := wrapped.Unwrap()
			if len(list) == 0 {
				return err
			}
			err = list[len(list)-1]
		default:
			return err
		}
	}
}
