package catalogue

import "testing"

// What the process says of the relay and of a rest is in the status; a new wish makes what it
// has said of the rest void, and a word without a relay leaves that as it was.
func TestPausesAndTheRelayAreInTheStatus(t *testing.T) {
	onEach(t, func(t *testing.T, p place) {
		source, ctx := p.source(t), t.Context()
		lease, err := Lead(ctx, p.config, source.Name)
		must(t, err)
		defer lease.Release(ctx)
		relay := Relay{Form: "postgres", Transactions: 3, Bytes: 4 << 40, Limit: 5 << 40, Full: true}
		look := func() *Summary {
			t.Helper()
			list, err := Summaries(ctx, p.conn)
			must(t, err)
			return &list[0]
		}
		must(t, SetPaused(ctx, p.conn, source.ID, true))
		must(t, Beat(ctx, p.conn, source.ID, lease.Epoch, Heartbeat{Relay: relay, Resting: true}))
		if s := look(); s.Relay != relay || !s.Resting || !s.Paused {
			t.Errorf("%+v, resting %v, paused %v", s.Relay, s.Resting, s.Paused)
		}
		must(t, SetPaused(ctx, p.conn, source.ID, true))
		if paused, err := Paused(ctx, p.conn, source.ID); err != nil || !paused || look().Resting {
			t.Errorf("%v %v, resting %v", paused, err, look().Resting)
		}
		must(t, Beat(ctx, p.conn, source.ID, lease.Epoch, Heartbeat{Note: "waiting"}))
		relay.Full = false
		if s := look(); s.Relay != relay {
			t.Errorf("%+v", s.Relay)
		}
		must(t, Enable(ctx, p.conn, source.ID))
		if paused, err := Paused(ctx, p.conn, source.ID); err != nil || paused {
			t.Errorf("enabled, it is paused: %v %v", paused, err)
		}
	})
}
