package dial_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"pgchameleon/internal/fault"
	"pgchameleon/internal/testserver"
)

// authority signs certificates for a test.
type authority struct {
	key  *ecdsa.PrivateKey
	cert *x509.Certificate
}

func newAuthority(t *testing.T, name string) authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	must(t, err)
	cert, err := x509.ParseCertificate(der)
	must(t, err)
	return authority{key, cert}
}

func (a authority) pem() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.cert.Raw})
}

// sign gives a certificate for a name and its key, both as PEM.
func (a authority) sign(t *testing.T, name string, addresses ...net.IP) (cert, key []byte) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		DNSNames: []string{name}, IPAddresses: addresses, KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, &private.PublicKey, a.key)
	must(t, err)
	encoded, err := x509.MarshalECPrivateKey(private)
	must(t, err)
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: encoded})
}

// give writes a file that the server's account owns, next to its own.
func give(t *testing.T, s *testserver.Server, name string, text []byte) string {
	t.Helper()
	folder := s.Query(t, "", "SHOW data_directory")[0][0]
	info, err := os.Stat(folder)
	must(t, err)
	path := filepath.Join(folder, name)
	must(t, os.WriteFile(path, text, 0o600))
	owner := info.Sys().(*syscall.Stat_t)
	must(t, os.Chown(path, int(owner.Uid), int(owner.Gid)))
	return path
}

func keep(t *testing.T, name string, text []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	must(t, os.WriteFile(path, text, 0o600))
	return path
}

func TestTLS(t *testing.T) {
	s := testserver.Private(t, testserver.Target)
	ours, other := newAuthority(t, "ours"), newAuthority(t, "other")
	cert, key := ours.sign(t, "db.example", net.IPv4(127, 0, 0, 1))
	s.Exec(t, "", "ALTER SYSTEM SET ssl_cert_file = '"+give(t, s, "server.pem", cert)+"'", "ALTER SYSTEM SET ssl_key_file = '"+give(t, s, "server.key", key)+"'",
		"ALTER SYSTEM SET ssl_ca_file = '"+give(t, s, "ca.pem", ours.pem())+"'", "ALTER SYSTEM SET ssl = on", "CREATE ROLE bearer LOGIN", "CREATE ROLE plain LOGIN")
	hba(t, s, "hostssl all bearer 127.0.0.1/32 cert", "hostnossl all plain 127.0.0.1/32 trust", "host all postgres 127.0.0.1/32 trust")

	ca, foreign := keep(t, "ca.pem", ours.pem()), keep(t, "other.pem", other.pem())
	c := config(s)
	for mode, encrypted := range map[string]string{"disable": "f", "prefer": "t", "require": "t", "verify-ca": "t", "verify-full": "t"} {
		c.SSLMode, c.RootCert = mode, ca
		conn := connect(t, c)
		var got string
		must(t, conn.QueryRow(t.Context(), "SELECT ssl::text::\"char\"::text FROM pg_stat_ssl WHERE pid = pg_backend_pid()").Scan(&got))
		if got != encrypted {
			t.Errorf("sslmode %s: encrypted is %s", mode, got)
		}
	}
	c.SSLMode, c.RootCert = "verify-full", foreign
	if hint := refuses(t, c, fault.Environment, "signed by nobody whom sslrootcert knows"); !strings.Contains(hint, "sslrootcert") {
		t.Errorf("the hint is %q", hint)
	}
	c.SSLMode = "verify-ca"
	refuses(t, c, fault.Environment, "signed by nobody whom sslrootcert knows")

	c.SSLMode, c.RootCert, c.User = "verify-full", ca, "bearer"
	refuses(t, c, fault.Environment, "certificate")
	clientCert, clientKey := ours.sign(t, "bearer")
	c.Cert, c.Key = keep(t, "client.pem", clientCert), keep(t, "client.key", clientKey)
	connect(t, c)
	c.User = "plain"
	refuses(t, c, fault.Environment, "pg_hba.conf")

	// The server's certificate is for another host now.
	cert, key = ours.sign(t, "db.example")
	give(t, s, "server.pem", cert)
	give(t, s, "server.key", key)
	reload(t, s)
	c = config(s)
	c.SSLMode, c.RootCert = "verify-full", ca
	refuses(t, c, fault.Environment, "for another host")
	c.SSLMode = "verify-ca"
	connect(t, c)
}
