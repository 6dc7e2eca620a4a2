package launch

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
)

// Home is a temporary folder with servers. A watchdog process ends the servers
// and removes the folder when Close is called or when this process has ended,
// however it ended: killed, by a signal, or by the time limit of go test.
type Home struct {
	Dir      string
	watchdog *exec.Cmd
	leash    io.WriteCloser // the watchdog acts when this is closed

	mu     sync.Mutex
	counts map[string]int // servers made, by name
}

// AtEnd is the file in a home that the watchdog runs, if it is there, before it
// ends the servers: for processes that others started.
const AtEnd = "at-end"

// watch waits for the end of its input, then ends the servers below $1. They
// are thrown away with their files, so MySQL and MariaDB are killed;
// PostgreSQL must end by itself, or its shared memory would stay behind. On the
// word "keep" it ends nothing.
const watch = `read -r word
[ "$word" != keep ] || exit 0
[ ! -e "$1/at-end" ] || timeout 30 bash "$1/at-end" >/dev/null
for dir in "$1"/*/; do
	[ -s "$dir/pid" ] || continue
	case $(cat "$dir/name") in
	postgres-*) "$2" stop "$dir" || "$2" stop "$dir" KILL ;;
	*) "$2" stop "$dir" KILL ;;
	esac &
done
wait
rm -rf "$1"`

// NewHome makes the folder and starts the watchdog.
func NewHome() (*Home, error) {
	parent := os.TempDir()
	if len(parent) > 50 { // a socket's path has room for about 100 bytes
		parent = "/tmp"
	}
	dir, err := os.MkdirTemp(parent, prefix)
	if err != nil {
		return nil, fmt.Errorf("making a folder for servers: %w", err)
	}
	if err := os.Chmod(dir, 0o755); err != nil { // #nosec G302 -- root's servers run under another account
		return nil, fmt.Errorf("opening the folder of the servers: %w", err)
	}
	return guard(dir)
}

// prefix begins the name of every home's folder.
const prefix = "chm"

// Reopen takes over a home that was kept, to close it.
func Reopen(dir string) (*Home, error) {
	if info, err := os.Stat(dir); err != nil || !info.IsDir() || !strings.HasPrefix(filepath.Base(dir), prefix) {
		return nil, fmt.Errorf("%s is not a folder of servers", dir)
	}
	return guard(dir)
}

// guard sets a watchdog on a home's folder.
func guard(dir string) (*Home, error) {
	root, err := Root()
	if err != nil {
		return nil, err
	}
	h := &Home{Dir: dir, counts: map[string]int{}}
	h.watchdog = exec.Command("bash", "-c", watch, "watchdog", dir, filepath.Join(root, "scripts", "servers.sh")) //nolint:noctx // it outlives us
	h.watchdog.Dir = "/"
	h.watchdog.Env = append(os.Environ(), cacheFolder()...)
	h.watchdog.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // Ctrl-C is for us alone
	leash, err := h.watchdog.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("making the watchdog's pipe: %w", err)
	}
	h.leash = leash
	if err := h.watchdog.Start(); err != nil {
		return nil, fmt.Errorf("starting the watchdog of the servers: %w", err)
	}
	return h, nil
}

// Keep lets the servers run on, and their files stay, when this process ends.
func (h *Home) Keep() error {
	if _, err := io.WriteString(h.leash, "keep\n"); err != nil {
		return fmt.Errorf("sending the watchdog away: %w", err)
	}
	return h.Close()
}

// Start makes and runs a new server in the home; the options go after all
// others. The server must be installed.
func (h *Home) Start(ctx context.Context, name string, args ...string) (*Server, error) {
	h.mu.Lock()
	h.counts[name]++
	dir := filepath.Join(h.Dir, fmt.Sprintf("%s-%d", name, h.counts[name]))
	h.mu.Unlock()
	for {
		port, err := freePort(ctx)
		if err != nil {
			return nil, err
		}
		s := &Server{Name: name, Dir: dir, Port: port, Args: args}
		err = s.start(ctx)
		if err == nil {
			return s, nil
		}
		if !strings.Contains(err.Error(), "is in use") { // taken between our look and the start
			return nil, err
		}
	}
}

// Close ends all servers of the home and removes it, unless it is to be kept.
func (h *Home) Close() error {
	if err := h.leash.Close(); err != nil {
		return fmt.Errorf("letting the watchdog go: %w", err)
	}
	if err := h.watchdog.Wait(); err != nil {
		return fmt.Errorf("stopping the servers: %w", err)
	}
	return nil
}
