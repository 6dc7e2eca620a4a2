package pipeline

import (
	"context"
	"errors"

	"pgchameleon/internal/catalogue"
	"pgchameleon/internal/fault"
	"pgchameleon/internal/schema"
	"pgchameleon/internal/source/dial"
	target "pgchameleon/internal/target/dial"
)

// family takes the excluded tables into the refill that foreign keys tie to its tables, where
// the source does not log what those do: only together can they be brought to one position.
func (f *refilling) family(ctx context.Context, from *origin) error {
	definitions := f.replica.definitions(from)
	all, err := catalogue.Tables(ctx, f.pool, f.lease.Source.ID)
	if err != nil {
		return err
	}
	ours := map[schema.Name]bool{}
	for _, t := range f.r.Tables {
		ours[t.Source] = true
	}
	var parked []*schema.Table
	for _, t := range all {
		if t.State != catalogue.Excluded && t.State != catalogue.Failed && !ours[t.Source] || !f.rules.Wants(t.Source) {
			continue
		}
		definition, err := definitions.read(ctx, from.conn, t.Source)
		var unmapped errUnmapped
		switch {
		case errors.As(err, &unmapped), dial.Number(err) == noSuchTable, dial.Number(err) == noSuchDatabase:
			continue
		case err != nil:
			return err
		}
		parked = append(parked, definition)
	}
	joined := tied(ours, parked)
	if len(joined) == 0 {
		return nil
	}
	f.mu.Lock()
	for _, other := range f.running {
		for _, t := range other.r.Tables {
			if other != f && joined[t.Source] {
				f.mu.Unlock()
				return fault.New(fault.Retry, "", "table %s, to which it is tied by a foreign key, is being filled", t.Source)
			}
		}
	}
	f.mu.Unlock()
	names := make([]schema.Name, 0, len(joined))
	for name := range joined {
		names = append(names, name)
	}
	err = target.InTx(ctx, f.pool, func(tx target.Tx) error {
		if err := catalogue.LockRefill(ctx, tx, f.r); err != nil {
			return err
		}
		return catalogue.JoinRefill(ctx, tx, f.lease.Source.ID, f.r.ID, "a foreign key ties it to "+f.r.Tables[0].Source.String(), names...)
	})
	if err != nil {
		return err
	}
	return f.reload(ctx)
}

// tied lists the tables that keys with actions tie to ours, directly or not.
func tied(ours map[schema.Name]bool, tables []*schema.Table) map[schema.Name]bool {
	in, found := map[schema.Name]bool{}, map[schema.Name]bool{}
	for name := range ours {
		in[name] = true
	}
	known := map[schema.Name]bool{}
	for _, t := range tables {
		known[t.Name] = true
	}
	for grown := true; grown; {
		grown = false
		for _, t := range tables {
			for _, key := range t.ForeignKeys {
				if !acts(key) || !known[key.References] || in[t.Name] == in[key.References] {
					continue
				}
				for _, name := range []schema.Name{t.Name, key.References} {
					if !in[name] {
						in[name], found[name], grown = true, true, true
					}
				}
			}
		}
	}
	return found
}
