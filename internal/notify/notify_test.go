package notify_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"pgchameleon/internal/fault"
	"pgchameleon/internal/notify"
)

// got is a message as a receiver sees it.
type got struct {
	token string
	body  map[string]any
}

// receiver is a server that takes messages and answers with the codes, the last one again and again.
func receiver(t *testing.T, codes ...int) (address string, messages chan got) {
	t.Helper()
	messages = make(chan got, 1000)
	var number atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, err := io.ReadAll(r.Body)
		var body map[string]any
		if err = errors.Join(err, json.Unmarshal(text, &body)); err != nil || r.Header.Get("Content-Type") != "application/json" || r.Method != http.MethodPost {
			t.Errorf("%s %v: %v", r.Method, r.Header, err)
		}
		code := http.StatusOK
		if len(codes) > 0 {
			code = codes[min(int(number.Add(1))-1, len(codes)-1)]
		}
		w.WriteHeader(code)
		messages <- got{r.Header.Get("X-Rollbar-Access-Token"), body}
	}))
	t.Cleanup(server.Close)
	return server.URL + "/secret", messages
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

func TestEventsReachRollbarAndTheWebhook(t *testing.T) {
	rollbar, items := receiver(t)
	hook, posts := receiver(t)
	s := notify.Start(t.Context(), notify.Options{RollbarURL: rollbar, RollbarKey: "k3y", Environment: "production", WebhookURL: hook, Version: "1.2", Configuration: "default",
		Source: "zoo", Host: "h", Log: quiet()})
	var lines bytes.Buffer
	log := slog.New(notify.NewHandler(slog.NewTextHandler(&lines, &slog.HandlerOptions{Level: slog.LevelError}), s)).With("source", "zoo")
	log.Warn("table excluded", notify.Key, notify.TableExcluded, "table", "zoo.cages", "reason", errors.New("a duplicate"))
	log.Warn("no event")
	log.Error("logged")
	s.Close()
	item, post := <-items, <-posts
	data := item.body["data"].(map[string]any)
	body := data["body"].(map[string]any)["message"].(map[string]any)
	if item.token != "k3y" || data["environment"] != "production" || data["level"] != "error" || data["code_version"] != "1.2" || data["server"].(map[string]any)["host"] != "h" ||
		body["body"] != "source zoo: table excluded: zoo.cages: a duplicate" || body["table"] != "zoo.cages" || data["custom"].(map[string]any)["event"] != "table_excluded" {
		t.Errorf("Rollbar gets %v", item)
	}
	details := post.body["details"].(map[string]any)
	if post.token != "" || post.body["event"] != "table_excluded" || post.body["level"] != "error" || post.body["text"] != body["body"] || details["reason"] != "a duplicate" ||
		details["source"] != "zoo" || post.body["configuration"] != "default" {
		t.Errorf("the webhook gets %v", post)
	}
	if _, err := time.Parse(time.RFC3339Nano, fmt.Sprint(post.body["time"])); err != nil {
		t.Error(err)
	}
	if len(items)+len(posts) != 0 {
		t.Error("something else was told")
	}
	if text := lines.String(); !strings.Contains(text, "logged") || strings.Contains(text, "excluded") {
		t.Errorf("the log holds %s", text)
	}
}

func TestLevelsLetPassWhatIsGraveEnough(t *testing.T) {
	for name, want := range map[string]int{"info": 4, "warning": 3, "error": 3, "critical": 2} {
		least, err := notify.ParseLevel(name)
		if err != nil || least.String() != name {
			t.Fatal(least, err)
		}
		address, posts := receiver(t)
		s := notify.Start(t.Context(), notify.Options{WebhookURL: address, WebhookLevel: least, Log: quiet()})
		for _, event := range []string{notify.InitComplete, notify.TableExcluded, notify.InitFailed, notify.ReplicaCrashed} {
			s.Tell(notify.Event{Name: event})
		}
		s.Close()
		if len(posts) != want {
			t.Errorf("%d events of level %s or more, want %d", len(posts), name, want)
		}
	}
	if _, err := notify.ParseLevel("loud"); fault.KindOf(err) != fault.Config {
		t.Error(err)
	}
}

func TestADestinationThatIsBusyIsTriedAgain(t *testing.T) {
	address, posts := receiver(t, http.StatusServiceUnavailable, http.StatusTooManyRequests, http.StatusOK)
	s := notify.Start(t.Context(), notify.Options{WebhookURL: address, Log: quiet()})
	s.Tell(notify.Event{Name: notify.InitComplete})
	for range 3 {
		<-posts
	}
	s.Close()
	if len(posts) != 0 {
		t.Error("it was tried again after it went well")
	}
}

// What a destination refuses is not tried again; the next message tells that one is missing, and the log says why, without the address.
func TestARefusedMessageIsCounted(t *testing.T) {
	address, posts := receiver(t, http.StatusForbidden, http.StatusOK)
	var lines bytes.Buffer
	s := notify.Start(t.Context(), notify.Options{WebhookURL: address, Log: slog.New(slog.NewTextHandler(&lines, nil))})
	s.Tell(notify.Event{Name: notify.InitFailed})
	s.Tell(notify.Event{Name: notify.InitComplete})
	s.Close()
	<-posts
	if post := <-posts; post.body["lost"] != 1.0 {
		t.Errorf("the next message is %v", post)
	}
	if text := lines.String(); !strings.Contains(text, "403") || strings.Contains(text, "secret") {
		t.Errorf("the log holds %s", text)
	}
}

// A destination that never answers stops nobody, and not the end either.
func TestADestinationThatHangsStopsNobody(t *testing.T) {
	release := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	defer server.Close()
	defer close(release)
	var lines bytes.Buffer
	s := notify.Start(t.Context(), notify.Options{WebhookURL: server.URL + "/secret", Log: slog.New(slog.NewTextHandler(&lines, nil))})
	began := time.Now()
	for range 5000 {
		s.Tell(notify.Event{Name: notify.TableExcluded})
	}
	if took := time.Since(began); took > time.Second {
		t.Errorf("telling took %s", took)
	}
	s.Close()
	if took := time.Since(began); took > 8*time.Second {
		t.Errorf("the end took %s", took)
	}
	if text := lines.String(); !strings.Contains(text, "count=5000") || strings.Contains(text, "secret") {
		t.Errorf("the log holds %s", text)
	}
}

func TestNobodyToTell(t *testing.T) {
	s := notify.Start(t.Context(), notify.Options{})
	s.Tell(notify.Event{Name: notify.InitFailed})
	s.Close()
	if s != nil {
		t.Error("there is a sender without a destination")
	}
}
