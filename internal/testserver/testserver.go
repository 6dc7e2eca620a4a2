// Package testserver owns which test gets which real database server: shared
// ones, started at the first use and at most once, and private ones that a
// test may stop, kill and restart. It does not own how a server is installed
// or run (that is launch), nor what is tested on it.
package testserver

import (
	"context"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	"pgchameleon/internal/testserver/launch"
)

// The servers of suites that run on one pair only.
const (
	Source = "mariadb-10.11"
	Target = "postgres-15"
)

// Extended is the PostgreSQL that offers the extensions postgis and vector; all
// of them offer citext.
const Extended = "postgres-18"

// FolderVariable names the environment variable that holds the folder of
// servers which run already; the command withservers sets it.
const FolderVariable = "CHAMELEON_TEST_SERVERS"

const (
	installTime = 15 * time.Minute
	startTime   = 3 * time.Minute
	queryTime   = 5 * time.Minute
)

// pool is what this process has started. Servers are shared by all tests of a
// process, so this is the one state of the package.
var pool struct {
	sync.Mutex
	home   *launch.Home
	shared map[string]*sharedServer
}

type sharedServer struct {
	once   sync.Once
	server *launch.Server
	absent error // it could not be had
	err    error
}

// Main runs the tests of a package and then stops what this process started.
// Call it from TestMain: func TestMain(m *testing.M) { testserver.Main(m) }.
func Main(m *testing.M) {
	code := m.Run()
	if pool.home != nil {
		if err := pool.home.Close(); err != nil {
			fmt.Fprintln(os.Stderr, "testserver:", err)
			code = max(code, 1)
		}
	}
	os.Exit(code)
}

// Shared gives the one server of that name for all tests of this process, or
// of the whole run under withservers. Use it with a database of the test's own.
func Shared(t testing.TB, name string) *Server {
	t.Helper()
	pool.Lock()
	if pool.shared == nil {
		pool.shared = map[string]*sharedServer{}
	}
	if pool.shared[name] == nil {
		pool.shared[name] = &sharedServer{}
	}
	shared := pool.shared[name]
	pool.Unlock()
	shared.once.Do(func() {
		if folder := os.Getenv(FolderVariable); folder != "" {
			if shared.server, shared.err = launch.Load(folder, name); shared.err == nil || !os.IsNotExist(shared.err) {
				return
			}
		}
		if shared.absent = install(name); shared.absent == nil {
			shared.server, shared.err = start(name, launch.Fast(name)...)
		}
	})
	return ready(t, shared.server, shared.absent, shared.err, false)
}

// Private starts a server for this test alone, as quick and as little durable
// as the shared ones unless the options, which go last, ask otherwise. It ends
// with the test.
func Private(t testing.TB, name string, args ...string) *Server {
	t.Helper()
	var server *launch.Server
	var err error
	absent := install(name)
	if absent == nil {
		server, err = start(name, append(launch.Fast(name), args...)...)
	}
	s := ready(t, server, absent, err, true)
	t.Cleanup(func() {
		if s.running && s.MySQL() {
			s.Kill(t)
		} else if s.running { // killed, it would leave its shared memory behind
			s.Stop(t)
		}
		if err := os.RemoveAll(s.Dir); err != nil {
			t.Errorf("removing the files of %s: %v", s.Name, err)
		}
	})
	return s
}

// install fetches the server's programs if they are not there.
func install(name string) error {
	ctx, cancel := context.WithTimeout(context.Background(), installTime)
	defer cancel()
	return launch.Install(ctx, name)
}

// start runs a new server in this process's home.
func start(name string, args ...string) (*launch.Server, error) {
	pool.Lock()
	if pool.home == nil {
		home, err := launch.NewHome()
		if err != nil {
			pool.Unlock()
			return nil, err
		}
		pool.home = home
	}
	home := pool.home
	pool.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), startTime)
	defer cancel()
	return home.Start(ctx, name, args...)
}

// ready turns the outcome into a Server, a failure, or (outside of CI, where a
// server cannot be had) a skip.
func ready(t testing.TB, server *launch.Server, absent, err error, private bool) *Server {
	t.Helper()
	switch {
	case absent != nil && os.Getenv("CI") == "true":
		t.Fatalf("the server cannot be had: %v", absent)
	case absent != nil:
		t.Skipf("the server cannot be had: %v", absent)
	case err != nil:
		t.Fatalf("starting the server: %v", err)
	}
	return &Server{Server: server, private: private, running: true}
}
