package e2e

import (
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"pgchameleon/internal/testserver"
)

// inbox is a web server with TLS that takes messages.
type inbox struct {
	mu       sync.Mutex
	messages []string // address, Rollbar's token and body
}

func (i *inbox) take(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.messages = append(i.messages, r.URL.Path+" "+r.Header.Get("X-Rollbar-Access-Token")+" "+string(body))
}

// has says whether a message has come that holds all of the texts.
func (i *inbox) has(texts ...string) (bool, string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	for _, m := range i.messages {
		all := true
		for _, text := range texts {
			all = all && strings.Contains(m, text)
		}
		if all {
			return true, ""
		}
	}
	return false, fmt.Sprintf("no message has %q:\n%s", texts, strings.Join(i.messages, "\n"))
}

// What happens to a replica is told to Rollbar and to a webhook, by its level, over TLS, and without values of rows.
func TestMessagesReachPeople(t *testing.T) {
	box := &inbox{}
	server := httptest.NewTLSServer(http.HandlerFunc(box.take))
	defer server.Close()
	certificate := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(certificate, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("SSL_CERT_FILE", certificate)
	t.Setenv("WEBHOOK", server.URL+"/hook/t0ken")
	r := newReplica(t, testserver.Shared(t, testserver.Source), testserver.Shared(t, testserver.Target), options{})
	configure := func(extra string) {
		r.configure(extra)
		path := filepath.Join(r.home, "configuration", "default.yml")
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		changed := strings.Replace(string(text), "rollbar_key: ''\nrollbar_env: ''", "rollbar_key: k3y\nrollbar_env: staging\nrollbar_url: '"+server.URL+"/rollbar'\nwebhook_url_env: WEBHOOK\nlog_format: json", 1)
		if err := os.WriteFile(path, []byte(changed), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	configure("")
	r.source("CREATE TABLE a (id INT PRIMARY KEY, word VARCHAR(40))", "CREATE TABLE b (id INT PRIMARY KEY, word VARCHAR(40))", "INSERT INTO a VALUES (1, 'one')")
	arrives := func(texts ...string) {
		t.Helper()
		r.eventually(limit, func() (bool, string) { return box.has(texts...) })
	}
	r.init()
	arrives("/hook/t0ken ", `"event":"init_complete"`, `"level":"info"`, `"source":"mysql"`, `"environment":"staging"`)
	arrives("/rollbar k3y ", `"level":"info"`, "init_replica is complete")

	r.must("start_replica", "--source", "mysql", "--rollbar-level", "critical")
	schema := r.schemas[r.marker]
	r.dst.Exec(t, r.database, fmt.Sprintf("ALTER TABLE %q.a ADD CHECK (id < 100)", schema), fmt.Sprintf("ALTER TABLE %q.b ADD CHECK (id < 100)", schema))
	r.source("INSERT INTO a VALUES (200, 'hunter2')")
	arrives("/hook/t0ken ", `"event":"table_excluded"`, `"level":"error"`, r.marker+".a", "check constraint")
	r.caughtUp()
	if told, _ := box.has("/rollbar", "table excluded"); told {
		t.Error("Rollbar was told what is below its level")
	}
	r.must("sync_tables", "--source", "mysql", "--tables", r.marker+".a")
	r.dst.Exec(t, r.database, fmt.Sprintf("ALTER TABLE %q.a DROP CONSTRAINT a_id_check", schema))
	arrives(`"event":"refill_complete"`, r.marker+".a")
	r.must("run_maintenance", "--source", "mysql")
	arrives("/hook/t0ken ", `"event":"maintenance_complete"`, `"level":"info"`, "run_maintenance is complete")
	r.stop()

	configure("    on_error_replay: exit\n    auto_maintenance: 1 second\n")
	r.start()
	arrives("/hook/t0ken ", `"event":"maintenance_complete"`, "tables maintained")
	r.source("INSERT INTO b VALUES (300, 'hunter2')")
	arrives("/hook/t0ken ", `"event":"replica_crashed"`, `"level":"critical"`, "start_replica has ended with an error", r.marker+".b")
	arrives("/rollbar k3y ", `"level":"critical"`, r.marker+".b")
	if told, _ := box.has("hunter2"); told {
		t.Error("a value of a row was told")
	}
	if out, code := r.run("start_replica", "--source", "mysql", "--rollbar-level", "loud"); code != 2 || !strings.Contains(out, "loud") {
		t.Errorf("a level that is none exits with %d: %s", code, out)
	}
	log, err := os.ReadFile(filepath.Join(r.home, "logs", "default_mysql.log"))
	if err != nil || !strings.Contains(string(log), `"msg":"table excluded","source":"mysql","event":"table_excluded"`) || strings.Contains(string(log), "t0ken") || strings.Contains(string(log), "k3y") {
		t.Errorf("the log is (%v)\n%.3000s", err, log)
	}
}
