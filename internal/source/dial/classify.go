package dial

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"

	"github.com/go-mysql-org/go-mysql/mysql"

	"pgchameleon/internal/fault"
)

// meaning is what an error number of the server means to the program.
type meaning struct {
	kind fault.Kind
	hint string
}

const (
	hintGrant = "GRANT SELECT, REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO the replication user"
	hintWait  = "it is tried again; if it stays so, look at the server"
)

// meanings lists the error numbers that a replica can meet. Those not listed
// are nobody's fault but ours.
var meanings = map[uint16]meaning{
	1044: {fault.Environment, hintGrant},
	1045: {fault.Environment, "check the user and the password in the configuration, and from which hosts that user may connect"},
	1698: {fault.Environment, "the user may not log in with a password: CREATE USER … IDENTIFIED BY one for the replica"},
	1049: {fault.Environment, "check the name of the database in the configuration"},
	1129: {fault.Environment, "the server has blocked this host after many errors: run FLUSH HOSTS on it"},
	1130: {fault.Environment, "allow the user to connect from this host: CREATE USER 'name'@'host'"},
	1142: {fault.Environment, hintGrant},
	1143: {fault.Environment, hintGrant},
	1146: {fault.Environment, "check the name of the table; it may have been dropped or renamed"},
	1227: {fault.Environment, hintGrant},
	1251: {fault.Environment, "let the user log in with mysql_native_password or caching_sha2_password"},
	1524: {fault.Environment, "let the user log in with mysql_native_password or caching_sha2_password"},
	1820: {fault.Environment, "the password has expired: ALTER USER … IDENTIFIED BY a new one"},
	1862: {fault.Environment, "the password has expired: ALTER USER … IDENTIFIED BY a new one"},
	3118: {fault.Environment, "the account is locked: ALTER USER … ACCOUNT UNLOCK"},
	3159: {fault.Config, "the server wants TLS: set sslmode to require or more"},
	4151: {fault.Environment, "the account is locked: ALTER USER … ACCOUNT UNLOCK"},

	1040: {fault.Retry, "the server has no free connection: " + hintWait},
	1053: {fault.Retry, hintWait},
	1077: {fault.Retry, hintWait},
	1078: {fault.Retry, hintWait},
	1079: {fault.Retry, hintWait},
	1152: {fault.Retry, hintWait},
	1158: {fault.Retry, hintWait},
	1159: {fault.Retry, hintWait},
	1160: {fault.Retry, hintWait},
	1161: {fault.Retry, hintWait},
	1184: {fault.Retry, hintWait},
	1203: {fault.Retry, "the user has no free connection: raise max_user_connections, or " + hintWait},
	1205: {fault.Retry, "a lock is held for long: " + hintWait},
	1213: {fault.Retry, hintWait},
	1226: {fault.Retry, "a limit of the account is reached: " + hintWait},
	1317: {fault.Retry, hintWait},
	1412: {fault.Retry, hintWait}, // the definition has changed since the snapshot
	1927: {fault.Retry, hintWait},
	1969: {fault.Retry, hintWait},
	3024: {fault.Retry, hintWait},
	4031: {fault.Retry, hintWait},
}

// Number gives the server's error number in err's chain, or 0.
func Number(err error) uint16 {
	var server *mysql.MyError
	if errors.As(err, &server) {
		return server.Code
	}
	return 0
}

// Classify gives an error of a connection its kind: what the server refuses is
// fault.Environment, what may go away by itself (a lost connection, a lock) is
// fault.Retry. Errors that have a kind, and those of a context, stay as they are.
func Classify(err error) error {
	var known *fault.Error
	var server *mysql.MyError
	var network net.Error
	switch {
	case err == nil, errors.As(err, &known), errors.Is(err, context.Canceled):
		return err
	case errors.As(err, &server):
		if m, found := meanings[server.Code]; found {
			return fault.New(m.kind, m.hint, "MySQL says: %s (error %d)%w", server.Message, server.Code, quiet{err})
		}
		return fmt.Errorf("MySQL says: %s (error %d)%w", server.Message, server.Code, quiet{err})
	case errors.Is(err, mysql.ErrBadConn), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF),
		errors.Is(err, net.ErrClosed), errors.Is(err, context.DeadlineExceeded), errors.As(err, &network):
		return fault.New(fault.Retry, "the server may be restarting; it is tried again", "the connection to MySQL was lost: %w", err)
	}
	return err
}

// quiet keeps an error in the chain without repeating its text.
type quiet struct{ error }

func (quiet) Error() string   { return "" }
func (q quiet) Unwrap() error { return q.error }

// explain says why a connection could not be had.
func (c Config) explain(err error, database string) error {
	what := fmt.Sprintf("connecting to MySQL at %s as %s", c.Address(), c.User)
	if database != "" {
		what += " to the database " + database
	}
	var known *fault.Error
	var lookup *net.DNSError
	var operation *net.OpError
	var certificate *tls.CertificateVerificationError
	var alert tls.AlertError
	var record tls.RecordHeaderError
	var authority x509.UnknownAuthorityError
	var host x509.HostnameError
	switch {
	case errors.As(err, &known):
		return fmt.Errorf("%s: %w", what, err)
	case errors.As(err, &lookup) && lookup.IsNotFound:
		return fault.New(fault.Config, "check the host in the configuration", "%s: there is no host %q", what, c.Host)
	case errors.Is(err, errNoTLS):
		return fault.New(fault.Environment, "set up TLS on the server, or set sslmode to prefer or disable", "%s: %w", what, err)
	case errors.As(err, &certificate), errors.As(err, &authority), errors.As(err, &host):
		return fault.New(fault.Environment, "check rootcert, the host's name and the server's certificate, or ask for less with sslmode",
			"%s: the server's certificate is not accepted: %w", what, err)
	case errors.As(err, &alert), errors.As(err, &record):
		return fault.New(fault.Environment, "the server must offer TLS 1.2 or later, and accept the client's certificate if it asks for one",
			"%s: no TLS connection: %w", what, err)
	case Number(err) == 0 && errors.As(err, &operation) && operation.Op == "dial":
		return fault.New(fault.Retry, "check the host and the port, that the server runs, and that no firewall is between",
			"%s: no server answers: %w", what, operation.Err)
	case errors.Is(err, context.DeadlineExceeded):
		return fault.New(fault.Retry, "check the host and the port, and that no firewall is between", "%s: no answer in time", what)
	}
	return fmt.Errorf("%s: %w", what, Classify(err))
}
