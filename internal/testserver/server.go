package testserver

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"strings"
	"testing"

	"pgchameleon/internal/testserver/launch"
)

// Server is a real server that tests use; the embedded one says how it is
// reached (Name, Host, Port, Socket, User, Bin, Dir, MySQL(), Flavor()).
type Server struct {
	*launch.Server
	private bool
	running bool
}

// Exec runs the statements, each its own, in one session and fails the test at
// the first error. The database "" is none (on PostgreSQL "postgres").
func (s *Server) Exec(t testing.TB, database string, statements ...string) {
	t.Helper()
	for _, statement := range statements {
		if strings.TrimSpace(statement) == "" {
			t.Fatalf("%s: an empty statement", s.Name)
		}
	}
	s.session(t, database, func(ctx context.Context, conn *launch.Conn) error {
		return conn.Exec(ctx, statements...)
	})
}

// Query runs one statement and gives all values as the server's text, "NULL"
// for NULL.
func (s *Server) Query(t testing.TB, database, statement string) [][]string {
	t.Helper()
	var rows [][]string
	s.session(t, database, func(ctx context.Context, conn *launch.Conn) (err error) {
		rows, err = conn.Query(ctx, statement)
		return err
	})
	return rows
}

func (s *Server) session(t testing.TB, database string, use func(context.Context, *launch.Conn) error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), queryTime)
	defer cancel()
	conn, err := s.Connect(ctx, database)
	if err != nil {
		t.Fatalf("%s: %v", s.Name, err)
	}
	err = use(ctx, conn)
	if closing := conn.Close(); err == nil {
		err = closing
	}
	if err != nil {
		t.Fatalf("%s: %v", s.Name, err)
	}
}

// Database creates a fresh database, whose name begins with the prefix, and
// drops it at the test's end. On MySQL its character set is utf8mb4.
func (s *Server) Database(t testing.TB, prefix string) string {
	t.Helper()
	suffix := make([]byte, 5)
	_, _ = rand.Read(suffix) // never fails
	name := prefix + "_" + hex.EncodeToString(suffix)
	create, drop := "CREATE DATABASE "+s.quote(name), "DROP DATABASE IF EXISTS "+s.quote(name)
	if s.MySQL() {
		create += " CHARACTER SET utf8mb4"
	} else {
		drop += " WITH (FORCE)"
	}
	s.Exec(t, "", create)
	t.Cleanup(func() {
		if s.running {
			s.Exec(t, "", drop)
		}
	})
	return name
}

func (s *Server) quote(name string) string {
	if s.MySQL() {
		return "`" + strings.ReplaceAll(name, "`", "``") + "`"
	}
	return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
}

// Stop ends a private server cleanly.
func (s *Server) Stop(t testing.TB) {
	t.Helper()
	s.change(t, false, s.Server.Stop)
}

// Kill ends a private server as a crash would.
func (s *Server) Kill(t testing.TB) {
	t.Helper()
	s.change(t, false, s.Server.Kill)
}

// Start runs a private server again, on the same files and port.
func (s *Server) Start(t testing.TB) {
	t.Helper()
	s.change(t, true, s.Server.Start)
}

func (s *Server) change(t testing.TB, running bool, do func(context.Context) error) {
	t.Helper()
	if !s.private {
		t.Fatalf("%s is shared with other tests: use Private to stop or start it", s.Name)
	}
	ctx, cancel := context.WithTimeout(context.Background(), startTime)
	defer cancel()
	if err := do(ctx); err != nil {
		t.Fatalf("%s: %v", s.Name, err)
	}
	s.running = running
}
