package copier

import (
	"errors"
	"slices"

	"pgchameleon/internal/mapping"
	"pgchameleon/internal/status"
)

// swapAtOnce is how many tables are swapped in by one transaction where nothing stands in their places.
const swapAtOnce = 100

// swap moves the tables into their places: those whose places are free many at once, and the
// others one after the other, so that what uses one of them holds up nothing else.
func (r *run[Tx]) swap() {
	for group := range slices.Chunk(r.tables, swapAtOnce) {
		tried := r.swapFree(slices.DeleteFunc(slices.Clone(group), func(t *table) bool { return t.stage != ready || t.state.Step == Swapped }))
		for _, t := range group {
			if r.ctx.Err() != nil {
				return
			}
			if t.stage == ready {
				r.swapOne(t, tried)
			}
		}
	}
}

// swapFree moves the tables into their places whose places are free. What is in its way is met again, and
// told, when they are swapped in by themselves; unsure says that some may be in their places though they do not know it.
func (r *run[Tx]) swapFree(group []*table) (unsure bool) {
	if len(group) < 2 || r.ctx.Err() != nil {
		return false
	}
	tables := make([]*mapping.Table, len(group))
	for i, t := range group {
		tables[i] = t.mapped
	}
	var placed []int
	err := r.Target.SwapFree(r.ctx, tables, func(tx Tx, moved []int) error {
		placed = moved
		list := make([]Placed, len(moved))
		for i, at := range moved {
			list[i] = Placed{Table: tables[at], State: group[at].swapped()}
		}
		return r.Ledger.Swapped(r.ctx, tx, list)
	})
	switch {
	case errors.Is(err, ErrStop):
		r.stop(err)
	case err != nil:
		r.Log.Debug("tables are swapped in one by one", "error", err.Error())
	default:
		for _, at := range placed {
			group[at].state = group[at].swapped()
		}
	}
	return err != nil
}

// swapped gives the table's state once it stands in its place.
func (t *table) swapped() State {
	state := t.state
	state.Step = Swapped
	return state
}

func (r *run[Tx]) swapOne(t *table, unsure bool) {
	if t.state.Step != Swapped {
		err := r.reach(r.ctx, t, Swapped, unsure, func() error {
			return r.Target.Swap(r.ctx, t.mapped, func(tx Tx) error {
				return r.Ledger.Swapped(r.ctx, tx, []Placed{{Table: t.mapped, State: t.swapped()}})
			})
		})
		if errors.Is(err, ErrStop) {
			r.stop(err)
			return
		}
		if err != nil {
			t.line.Enter(status.Failed, r.Now())
			r.Report(t.name, "", err)
			r.result.Failed[t.name] = err
			return
		}
	}
	t.line.Enter(status.Done, r.Now())
	r.result.Swapped = append(r.result.Swapped, t.name)
}
