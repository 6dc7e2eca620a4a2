package e2e

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// door is a way to a server that can be closed.
type door struct {
	t        *testing.T
	to, at   string
	listener net.Listener
	mu       sync.Mutex
	through  []net.Conn
	group    sync.WaitGroup
	left     atomic.Int64 // bytes after which it closes by itself; 0: never
}

// newDoor opens a way to a port of this machine.
func newDoor(t *testing.T, port int) *door {
	d := &door{t: t, to: fmt.Sprintf("127.0.0.1:%d", port), at: "127.0.0.1:0"}
	d.open()
	t.Cleanup(func() { d.close(); d.group.Wait() })
	return d
}

func (d *door) open() {
	d.t.Helper()
	listener, err := net.Listen("tcp", d.at)
	if err != nil {
		d.t.Fatal(err)
	}
	d.listener, d.at = listener, listener.Addr().String()
	d.group.Go(func() {
		for {
			in, err := listener.Accept()
			if err != nil {
				return
			}
			out, err := net.Dial("tcp", d.to)
			if err != nil {
				_ = in.Close()
				continue
			}
			d.mu.Lock()
			d.through = append(d.through, in, out)
			d.mu.Unlock()
			d.group.Go(func() { d.carry(in, out) })
			d.group.Go(func() { d.carry(out, in) })
		}
	})
}

func (d *door) carry(from, to net.Conn) {
	buf := make([]byte, 64<<10)
	for {
		n, err := from.Read(buf)
		if n > 0 {
			if _, err := to.Write(buf[:n]); err != nil {
				break
			}
			if left := d.left.Load(); left > 0 && d.left.Add(-int64(min(n, int(left)))) == 0 {
				d.close()
			}
		}
		if err != nil {
			break
		}
	}
	_, _ = from.Close(), to.Close()
}

func (d *door) close() {
	_ = d.listener.Close()
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, c := range d.through {
		_ = c.Close()
	}
	d.through = nil
}

// on_error_read says what becomes of a replica whose source is away: at its start, and later.
func TestOnErrorRead(t *testing.T) {
	t.Parallel()
	src, dst := defaultPair(t)
	r := newReplica(t, src, dst, options{})
	r.source("CREATE TABLE a (id INT PRIMARY KEY)")
	r.init()
	way := newDoor(t, src.Port)
	port := way.at[strings.LastIndex(way.at, ":")+1:]
	set := func(word string) {
		r.configure("    on_error_read: " + word + "\n")
		path := filepath.Join(r.home, "configuration", "default.yml")
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(strings.Replace(string(text), fmt.Sprintf("port: \"%d\"", src.Port), "port: "+port, 1)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	status := func(want string) {
		t.Helper()
		r.eventually(limit, func() (bool, string) {
			rows := r.target("SELECT enm_status, t_note LIKE 'trying again:%' FROM sch_chameleon.t_sources JOIN sch_chameleon.t_last_received USING (i_id_source)")
			return fmt.Sprint(rows) == "[["+want+"]]", fmt.Sprint(rows)
		})
	}
	set("exit")
	r.start()
	r.source("INSERT INTO a VALUES (1)")
	r.caughtUp()
	way.close()
	status("stopped f")
	if out := r.must("show_errors", "--source", "mysql"); !strings.Contains(out, "on_error_read is exit") {
		t.Errorf("show_errors says %s", out)
	}
	if out, code := r.run("start_replica", "--source", "mysql"); code == 0 {
		t.Errorf("a replica whose source is away is started: %s", out)
	}

	set("continue")
	r.start()
	r.eventually(limit, func() (bool, string) {
		rows := r.target("SELECT t_note FROM sch_chameleon.t_last_received")
		return strings.HasPrefix(rows[0][0], "trying again:"), fmt.Sprint(rows)
	})
	status("running t")
	r.source("INSERT INTO a VALUES (2)")
	way.open()
	r.caughtUp()
	way.close()
	status("running t")
	r.source("INSERT INTO a VALUES (3)")
	way.open()
	r.caughtUp()
	r.same()
	r.stop()

	set("exit") // stopped is no error: it is started again as it is
	r.start()
	r.source("INSERT INTO a VALUES (4)")
	r.caughtUp()
	r.same()
}
