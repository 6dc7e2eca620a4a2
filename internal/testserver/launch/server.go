package launch

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"pgchameleon/internal/event"
)

// Server is a running (or stopped) private server. Its administrator has no
// password and may connect from 127.0.0.1 and by the socket.
type Server struct {
	Name   string   // "mariadb-10.11", "postgres-15" …
	Host   string   // always 127.0.0.1
	Port   int      // also the server_id of a MySQL or MariaDB
	Socket string   // path of the Unix socket
	User   string   // root or postgres
	Bin    string   // folder of the server's client programs
	Dir    string   // its data, log and socket
	Args   []string // options after those of servers.sh
}

// MySQL is true for MySQL and MariaDB, false for PostgreSQL.
func (s *Server) MySQL() bool { return !strings.HasPrefix(s.Name, "postgres") }

// Flavor tells MySQL from MariaDB; it is "" for PostgreSQL.
func (s *Server) Flavor() event.Flavor {
	switch {
	case strings.HasPrefix(s.Name, "mariadb"):
		return event.MariaDB
	case s.MySQL():
		return event.MySQL
	}
	return ""
}

// Address is host:port.
func (s *Server) Address() string { return net.JoinHostPort(s.Host, strconv.Itoa(s.Port)) }

// start runs the server; its Dir, Port and Args are set.
func (s *Server) start(ctx context.Context) error {
	out, err := script(ctx, append([]string{"start", s.Name, s.Dir, strconv.Itoa(s.Port)}, s.Args...)...)
	if err != nil {
		return err
	}
	for line := range strings.Lines(out) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		switch key {
		case "host":
			s.Host = value
		case "socket":
			s.Socket = value
		case "user":
			s.User = value
		case "bin":
			s.Bin = value
		}
	}
	return nil
}

// Start runs a server that was stopped again, on the same files and port.
func (s *Server) Start(ctx context.Context) error { return s.start(ctx) }

// Stop ends the server cleanly and waits until its processes are gone.
func (s *Server) Stop(ctx context.Context) error {
	_, err := script(ctx, "stop", s.Dir)
	return err
}

// Kill ends the server as a crash would (SIGKILL).
func (s *Server) Kill(ctx context.Context) error {
	_, err := script(ctx, "stop", s.Dir, "KILL")
	return err
}

// Save writes how the server is reached to NAME.json in the folder.
func (s *Server) Save(folder string) error {
	text, err := json.Marshal(s)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(folder, s.Name+".json"), text, 0o600)
}

// Load reads what Save wrote.
func Load(folder, name string) (*Server, error) {
	text, err := os.ReadFile(filepath.Join(folder, name+".json"))
	if err != nil {
		return nil, err
	}
	s := &Server{}
	if err := json.Unmarshal(text, s); err != nil {
		return nil, fmt.Errorf("reading %s.json in %s: %w", name, folder, err)
	}
	return s, nil
}

// freePort finds a port that nobody listens on, below the range from which the
// kernel takes the ports of outgoing connections.
func freePort(ctx context.Context) (int, error) {
	var listen net.ListenConfig
	var last error
	for range 100 {
		port := 15000 + rand.IntN(15000)
		listener, err := listen.Listen(ctx, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err != nil {
			last = err
			continue
		}
		return port, listener.Close()
	}
	return 0, fmt.Errorf("looking for a free port: %w", last)
}
