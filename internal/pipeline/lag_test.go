package pipeline

import (
	"testing"
	"time"

	"pgchameleon/internal/event"
)

// The read position has its GTIDs while transactions come in, not only when the source is idle.
func TestTheReadPositionHasItsGTIDs(t *testing.T) {
	from := event.Position{Flavor: event.MariaDB, Server: "7", File: "b.000001", Offset: 4, GTIDs: "0-7-10"}
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	var l lag
	if err := l.begin(from, true); err != nil {
		t.Fatal(err)
	}
	tx := &event.Transaction{First: true, Final: true, GTID: "0-7-11", Server: "7", File: "b.000002", End: 99, Time: at}
	if err := l.got(tx); err != nil {
		t.Fatal(err)
	}
	want := event.Position{Flavor: event.MariaDB, Server: "7", File: "b.000002", Offset: 99, GTIDs: "0-7-11"}
	if h := l.heartbeat(); h.Read != want || !h.At.Equal(at) || h.Current {
		t.Errorf("of a transaction it tells %+v", h)
	}
	idle := want
	idle.Offset = 150
	if err := l.got(&event.Transaction{First: true, Final: true, Idle: &idle}); err != nil {
		t.Fatal(err)
	}
	if h := l.heartbeat(); h.Read != idle || !h.At.Equal(at) || !h.Current {
		t.Errorf("of an idle source it tells %+v", h)
	}

	var stored lag
	if err := stored.begin(from, false); err != nil {
		t.Fatal(err)
	}
	if h := stored.heartbeat(); h.Read != from {
		t.Errorf("at first it tells %+v", h)
	}
	stored.stored(tx, want)
	if h := stored.heartbeat(); h.Read != want || h.Current {
		t.Errorf("of what is stored it tells %+v", h)
	}
}
