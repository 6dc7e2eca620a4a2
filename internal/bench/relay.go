package bench

import (
	"context"
	"time"

	"pgchameleon/internal/bench/load"
	"pgchameleon/internal/demo/program"
)

// relayed is one round of the two forms of the relay.
type relayed struct {
	memory, postgres time.Duration
	resident         int64 // most memory of the process, with the relay in PostgreSQL
}

// share is the rate with the relay in PostgreSQL, of that with the one in memory.
func (r relayed) share() float64 { return r.memory.Seconds() / r.postgres.Seconds() }

// measureRelay lets the program catch up with the same transactions through either form of
// the relay, one after the other.
func (b *bench) measureRelay(ctx context.Context) error {
	var forms []*program.Program
	for _, form := range []string{"memory", "postgres"} {
		p, err := b.fresh(ctx, "    relay: "+form+"\n")
		if err != nil {
			return err
		}
		if _, _, err := initialise(ctx, p); err != nil {
			return err
		}
		forms = append(forms, p)
	}
	for round := range b.Rounds {
		writer := load.Writer{Source: b.source, Rows: b.Rows, Clients: 4, Seed: uint64(200 + round)} // #nosec G115 -- small
		if err := writer.Backlog(ctx, b.Transactions); err != nil {
			return err
		}
		mark, err := b.mark(ctx)
		if err != nil {
			return err
		}
		var result relayed
		if result.memory, _, err = b.replicated(ctx, forms[0], mark); err != nil {
			return err
		}
		if result.postgres, result.resident, err = b.replicated(ctx, forms[1], mark); err != nil {
			return err
		}
		b.say("relay %d: memory %.2f s, postgres %.2f s (%.0f changes/s, × %.2f), %d MB", round+1, result.memory.Seconds(), result.postgres.Seconds(),
			b.changes()/result.postgres.Seconds(), result.share(), result.resident>>20)
		b.results.relays = append(b.results.relays, result)
	}
	for _, p := range forms {
		if err := b.countRows(ctx, p.Settings.TargetDatabase); err != nil {
			return err
		}
		if err := b.drop(ctx, p); err != nil {
			return err
		}
	}
	return nil
}
