package notify

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cenkalti/backoff/v5"
)

const (
	queued      = 256 // events that may wait for each destination
	tries       = 5
	requestTime = 10 * time.Second
	flushTime   = 5 * time.Second
)

// Options say where events go.
type Options struct {
	RollbarURL   string
	RollbarKey   string // an access token of the project; "": nothing goes there
	Environment  string
	RollbarLevel Level
	WebhookURL   string // "": nothing goes there
	WebhookLevel Level

	Version       string // of this program
	Configuration string
	Source        string
	Host          string
	Log           *slog.Logger // for what cannot be delivered; not one that tells events
}

// Sender takes events at once, and delivers them when it can. A nil Sender takes them too.
type Sender struct {
	options Options
	lanes   []*lane
	running sync.WaitGroup
	cancel  context.CancelFunc
}

// lane is the way to one destination.
type lane struct {
	name   string
	least  Level
	queue  chan Event
	lost   atomic.Int64
	post   func(e Event, lost int64) (*http.Request, error)
	client *http.Client
	log    *slog.Logger
}

// Start gives a sender that is at work until it is closed; nil if there is nowhere to send to.
func Start(ctx context.Context, o Options) *Sender {
	s := &Sender{options: o}
	add := func(name string, least Level, post func(Event, int64) (*http.Request, error)) {
		s.lanes = append(s.lanes, &lane{name: name, least: least, queue: make(chan Event, queued), post: post, client: &http.Client{Timeout: requestTime}, log: o.Log})
	}
	if o.RollbarKey != "" {
		add("Rollbar", o.RollbarLevel, s.rollbar)
	}
	if o.WebhookURL != "" {
		add("the webhook", o.WebhookLevel, s.webhook)
	}
	if len(s.lanes) == 0 {
		return nil
	}
	ctx, s.cancel = context.WithCancel(context.WithoutCancel(ctx)) // the last words come after the end
	for _, l := range s.lanes {
		s.running.Go(func() { l.run(ctx) })
	}
	return s
}

// Tell takes an event. It never waits: what is too much is left out, and counted in the next message.
func (s *Sender) Tell(e Event) {
	if s == nil {
		return
	}
	for _, l := range s.lanes {
		if level(e.Name) < l.least {
			continue
		}
		select {
		case l.queue <- e:
		default:
			l.lost.Add(1)
		}
	}
}

// Close gives what waits a short time to be delivered, and ends the sender. Nothing may be told after it.
func (s *Sender) Close() {
	if s == nil {
		return
	}
	for _, l := range s.lanes {
		close(l.queue)
	}
	late := time.AfterFunc(flushTime, s.cancel)
	s.running.Wait()
	late.Stop()
	s.cancel()
}

func (l *lane) run(ctx context.Context) {
	for e := range l.queue {
		if ctx.Err() != nil {
			l.lost.Add(1)
			continue
		}
		lost := l.lost.Swap(0)
		if err := l.deliver(ctx, e, lost); err != nil {
			l.lost.Add(lost + 1)
			l.log.Warn("a message could not be delivered", "to", l.name, "of", e.Name, "error", err)
		}
	}
	if lost := l.lost.Load(); lost > 0 {
		l.log.Warn("messages were not delivered", "to", l.name, "count", lost)
	}
}

// deliver posts an event, again where that may help.
func (l *lane) deliver(ctx context.Context, e Event, lost int64) error {
	pauses := backoff.NewExponentialBackOff()
	pauses.InitialInterval = time.Second
	_, err := backoff.Retry(ctx, func() (struct{}, error) {
		request, err := l.post(e, lost)
		if err != nil {
			return struct{}{}, backoff.Permanent(err)
		}
		return struct{}{}, l.send(request.WithContext(ctx))
	}, backoff.WithBackOff(pauses), backoff.WithMaxTries(tries))
	return err
}

func (l *lane) send(request *http.Request) error {
	answer, err := l.client.Do(request)
	if err != nil {
		var address *url.Error
		if errors.As(err, &address) { // the address may hold a secret
			err = address.Err
		}
		return err
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(answer.Body, 64<<10))
	_ = answer.Body.Close()
	switch code := answer.StatusCode; {
	case code < 300:
		return nil
	case code == http.StatusTooManyRequests || code >= 500:
		return fmt.Errorf("it answers %s", answer.Status)
	default:
		return backoff.Permanent(fmt.Errorf("it answers %s", answer.Status))
	}
}

func post(address string, body any) (*http.Request, error) {
	text, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequest(http.MethodPost, address, bytes.NewReader(text)) //nolint:noctx // it gets one before it is sent
	if err != nil {
		return nil, errors.New("its address is none") // which the error would show
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", "chameleon")
	return request, nil
}

// webhook is an event as any receiver of JSON takes it; chat services show text.
func (s *Sender) webhook(e Event, lost int64) (*http.Request, error) {
	return post(s.options.WebhookURL, map[string]any{
		"text": s.title(e), "event": e.Name, "level": level(e.Name).String(), "message": e.Message, "details": e.details(), "time": e.Time.UTC().Format(time.RFC3339Nano),
		"source": s.options.Source, "configuration": s.options.Configuration, "environment": s.options.Environment, "host": s.options.Host,
		"program": "chameleon", "version": s.options.Version, "lost": lost,
	})
}

// rollbar is an event as an item of Rollbar's.
func (s *Sender) rollbar(e Event, lost int64) (*http.Request, error) {
	custom := map[string]any{"event": e.Name, "source": s.options.Source, "configuration": s.options.Configuration, "lost": lost}
	message := map[string]any{}
	for name, value := range e.details() {
		message[name] = value
	}
	message["body"] = s.title(e)
	request, err := post(s.options.RollbarURL, map[string]any{"data": map[string]any{
		"environment": s.options.Environment, "level": level(e.Name).String(), "timestamp": e.Time.Unix(), "title": s.title(e), "body": map[string]any{"message": message},
		"platform": "linux", "language": "go", "code_version": s.options.Version, "server": map[string]any{"host": s.options.Host}, "custom": custom,
		"notifier": map[string]any{"name": "chameleon", "version": s.options.Version},
	}})
	if err != nil {
		return nil, err
	}
	request.Header.Set("X-Rollbar-Access-Token", s.options.RollbarKey)
	return request, nil
}

// title says in one line what has happened.
func (s *Sender) title(e Event) string {
	text := "source " + s.options.Source + ": " + e.Message
	for _, key := range []string{"table", "tables", "reason", "error"} {
		if value, has := e.details()[key]; has {
			text += ": " + value
		}
	}
	return text
}
