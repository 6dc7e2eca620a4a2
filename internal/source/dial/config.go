// Package dial owns connections to MySQL and MariaDB: addresses, TLS, the
// state of a fresh session, the quoting of names and values, and what an error
// of the server or the network means. It does not own what is asked of the
// server, nor when a connection is tried again.
package dial

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"os"
	"strconv"
	"strings"
	"time"

	"pgchameleon/internal/fault"
)

// SSLMode says whether TLS is used and what of the server's certificate is
// checked; the names and meanings are PostgreSQL's. The zero value is Prefer.
type SSLMode string

// The modes, from the least to the most demanding.
const (
	Disable    SSLMode = "disable"     // never TLS
	Allow      SSLMode = "allow"       // TLS only if the server refuses to go without
	Prefer     SSLMode = "prefer"      // TLS if the server has it
	Require    SSLMode = "require"     // TLS; the certificate is checked only if RootCert is set
	VerifyCA   SSLMode = "verify-ca"   // and the certificate must come from a known authority
	VerifyFull SSLMode = "verify-full" // and be made out to the host
)

const (
	defaultConnectTimeout = 10 * time.Second
	defaultNetTimeout     = 10 * time.Minute
)

// Config says how a server is reached and as whom.
type Config struct {
	Host           string // a name, an address, or the path of a Unix socket
	Port           uint16 // 0 means 3306
	User           string
	Password       string
	SSLMode        SSLMode
	RootCert       string        // file of trusted authorities; empty: those of the system
	Cert, Key      string        // files of the client's certificate and its key
	ConnectTimeout time.Duration // 0 means 10 s
	NetReadTimeout time.Duration // how long the server waits for a slow peer; 0 means 10 min
}

// Address is what the client dials, and what messages name.
func (c Config) Address() string {
	if c.socket() {
		return c.Host
	}
	port := c.Port
	if port == 0 {
		port = 3306
	}
	return net.JoinHostPort(c.Host, strconv.Itoa(int(port)))
}

func (c Config) socket() bool { return strings.HasPrefix(c.Host, "/") }

func (c Config) mode() SSLMode {
	switch {
	case c.socket(): // as with PostgreSQL: a socket is local, TLS adds nothing
		return Disable
	case c.SSLMode == "":
		return Prefer
	case c.SSLMode == Require && c.RootCert != "": // as with PostgreSQL
		return VerifyCA
	}
	return c.SSLMode
}

// TLS gives the settings of an encrypted connection, nil if there is none to
// be. The files are read anew each time, so renewed certificates are taken up.
func (c Config) TLS() (*tls.Config, error) {
	mode := c.mode()
	settings := &tls.Config{ServerName: c.Host, InsecureSkipVerify: mode != VerifyFull}
	switch mode {
	case Disable:
		return nil, nil
	case Allow, Prefer, Require, VerifyFull:
	case VerifyCA:
		settings.VerifyConnection = func(state tls.ConnectionState) error { return verifyChain(state, settings.RootCAs) }
	default:
		return nil, fault.New(fault.Config, "use disable, allow, prefer, require, verify-ca or verify-full", "there is no sslmode %q", c.SSLMode)
	}
	if c.RootCert != "" {
		pem, err := os.ReadFile(c.RootCert)
		if err != nil {
			return nil, fault.New(fault.Config, "check the path and its permissions", "reading the root certificate: %w", err)
		}
		settings.RootCAs = x509.NewCertPool()
		if !settings.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fault.New(fault.Config, "it must be a PEM file", "the root certificate %s holds no certificate", c.RootCert)
		}
	}
	if c.Cert != "" || c.Key != "" {
		pair, err := tls.LoadX509KeyPair(c.Cert, c.Key)
		if err != nil {
			return nil, fault.New(fault.Config, "both the certificate and its key must be given, as PEM files",
				"reading the client certificate: %w", err)
		}
		settings.Certificates = []tls.Certificate{pair}
	}
	return settings, nil
}

// verifyChain checks who signed the server's certificate, not whose it is.
func verifyChain(state tls.ConnectionState, roots *x509.CertPool) error {
	if len(state.PeerCertificates) == 0 {
		return errors.New("the server sent no certificate")
	}
	between := x509.NewCertPool()
	for _, certificate := range state.PeerCertificates[1:] {
		between.AddCert(certificate)
	}
	_, err := state.PeerCertificates[0].Verify(x509.VerifyOptions{Roots: roots, Intermediates: between})
	return err
}
