package pipeline

import (
	"context"

	"pgchameleon/internal/mapping"
	"pgchameleon/internal/preflight"
	"pgchameleon/internal/source/inspect"
	"pgchameleon/internal/target/dial"
	target "pgchameleon/internal/target/inspect"
)

// rules completes the mapping rules by what both servers are.
func (r *Replica) rules(ctx context.Context, db dial.DB, server *inspect.Server) (*mapping.Rules, error) {
	facts, err := target.Facts(ctx, db)
	if err != nil {
		return nil, err
	}
	rules := r.spec.Rules
	rules.Fold = server.Fold
	rules.Types.PostGIS, rules.Types.PGVector = facts.PostGIS(), facts.PGVector()
	return &rules, nil
}

// check looks, before anything is changed, for what is in the way on either
// server. Warnings are logged.
func (r *Replica) check(ctx context.Context, copies bool) error {
	facts, err := preflight.Gather(ctx, r.spec.MySQL, r.spec.Postgres, preflight.Options{
		Source: r.spec.Name, Rules: r.spec.Rules, ServerID: r.spec.ServerID, Copy: copies, KeepExisting: r.spec.KeepExisting,
	})
	if err != nil {
		return err
	}
	findings := preflight.Run(facts)
	for _, f := range findings {
		if f.Severity == preflight.Warning {
			r.log.Warn(f.Text, "check", f.Check, "remedy", f.Remedy)
		}
	}
	return preflight.Err(findings)
}
