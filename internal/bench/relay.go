package bench

import (
	"context"
	"errors"
	"fmt"

	"pgchameleon/internal/demo/program"
)

// measureRelay lets the program catch up with the same transactions through either form of
// the relay, one after the other.
func (b *bench) measureRelay(ctx context.Context, s *sheet) (err error) {
	set, err := b.standard(ctx)
	if err != nil {
		return err
	}
	s.what = fmt.Sprintf("backlog of %d transactions through relay: postgres, against relay: memory", set.Transactions)
	s.columns = []column{
		{head: "rate against relay: memory", show: times, aim: aim{atLeast: 0.6}},
		{head: "changes/s", show: whole, main: true},
		{head: "relay: memory", show: seconds},
		{head: "relay: postgres", show: seconds},
		{head: "memory of the process", show: megabytes},
	}
	var forms []*program.Program
	for _, form := range []string{"memory", "postgres"} {
		p, err := b.fresh(ctx, b.source, set, "    relay: "+form+"\n")
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, b.drop(context.WithoutCancel(ctx), p)) }()
		if _, err := initialise(ctx, b.source, p); err != nil {
			return err
		}
		forms = append(forms, p)
	}
	for round := range b.Rounds {
		changes, mark, err := b.pile(ctx, set, 200+round)
		if err != nil {
			return err
		}
		var results [2]run
		for i, p := range forms {
			if results[i], err = b.replicated(ctx, p, set, mark); err != nil {
				return err
			}
		}
		memory, postgres := results[0].took.Seconds(), results[1].took.Seconds()
		s.add(memory/postgres, float64(changes)/postgres, memory, postgres, float64(results[1].usage.Memory))
		b.finish(s)
	}
	for _, p := range forms {
		if err := set.Compare(ctx, b.source, b.target, p.Settings.TargetDatabase); err != nil {
			return err
		}
	}
	return nil
}
