package pipeline

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"pgchameleon/internal/catalogue"
	"pgchameleon/internal/fault"
	"pgchameleon/internal/status"
	"pgchameleon/internal/target/dial"
	"pgchameleon/internal/target/legacy"
)

// UpgradeReplicaSchema brings the catalogue to this program's version: an older one of its own,
// or one of pg_chameleon, whose sources, tables and positions are taken over. tell is given what is
// being looked at meanwhile. confirm is shown what is to be done; unless it says to go on, nothing is.
func (e *Engine) UpgradeReplicaSchema(ctx context.Context, tell func(string), confirm func(*status.Adoption) (bool, error)) error {
	plan := &status.Adoption{Sources: []status.AdoptedSource{}}
	return e.with(ctx, func(conn *dial.Conn) error {
		is, err := legacy.Is(ctx, conn)
		if err != nil {
			return err
		}
		if is {
			return e.adopt(ctx, conn, plan, tell, confirm)
		}
		version, program, err := catalogue.Version(ctx, conn)
		if err != nil {
			return err
		}
		plan.Own, plan.Found, plan.Version = true, fmt.Sprintf("this program's, version %d", version), program
		if on, err := confirm(plan); err != nil || !on {
			return err
		}
		return catalogue.Migrate(ctx, conn)
	})
}

// adoption is one taking over of a catalogue.
type adoption struct {
	engine  *Engine
	conn    *dial.Conn
	old     *legacy.Catalogue
	sources []*adopting
	plan    *status.Adoption
	tell    func(string)
}

func (e *Engine) adopt(ctx context.Context, conn *dial.Conn, plan *status.Adoption, tell func(string), confirm func(*status.Adoption) (bool, error)) error {
	a := &adoption{engine: e, conn: conn, plan: plan, tell: tell}
	if err := a.quiet(ctx, conn); err != nil {
		return err
	}
	var err error
	if a.old, err = legacy.Read(ctx, conn); err != nil {
		return err
	}
	plan.Found = "pg_chameleon's, version " + a.old.Version
	if !a.old.Old() && !strings.HasPrefix(a.old.Version, "2.0") {
		return fault.New(fault.State, "bring it to 2.0 with that pg_chameleon's own upgrade_replica_schema", "the catalogue of pg_chameleon has version %s, which this program does not know", a.old.Version)
	}
	if err := a.choose(); err != nil {
		return err
	}
	if plan.Kept, err = a.old.Kept(ctx, conn); err != nil {
		return err
	}
	defer func() {
		for _, s := range a.sources {
			s.close()
		}
	}()
	for _, s := range a.sources {
		if err := s.plan(ctx); err != nil {
			return fmt.Errorf("taking over source %s: %w", s.name(), err)
		}
		plan.Sources = append(plan.Sources, s.told())
	}
	if on, err := confirm(plan); err != nil || !on {
		return err
	}
	if err := a.carryOut(ctx); err != nil {
		return fmt.Errorf("taking over the catalogue of pg_chameleon (nothing was changed): %w", err)
	}
	return nil
}

// endings is how long sessions may take to end whose processes have ended.
const endings = 3 * time.Second

// quiet makes sure that none of pg_chameleon's processes is at work.
func (a *adoption) quiet(ctx context.Context, db dial.DB) error {
	ctx, cancel := context.WithTimeout(ctx, endings)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		sessions, err := legacy.Sessions(context.WithoutCancel(ctx), db)
		if err != nil || len(sessions) == 0 {
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			s := sessions[0]
			return fault.New(fault.State, "stop it with pg_chameleon's own command: chameleon stop_all_replicas; if it is something else, end that session",
				"a process of pg_chameleon is at work in the target database (backend %d, role %s, application_name %q)", s.PID, s.User, s.Name)
		}
	}
}

// choose finds for each source of the catalogue the one of the configuration that goes on with it.
func (a *adoption) choose() error {
	byName := map[string]*adopting{}
	for _, s := range a.old.Sources {
		if s.Type != "mysql" {
			a.plan.Left = append(a.plan.Left, fmt.Sprintf("source %s is of type %s, which is copied once and not followed", s.Name, s.Type))
			continue
		}
		spec, err := a.specOf(&s)
		if err != nil {
			return err
		}
		if spec == nil {
			return fault.New(fault.Config, "give the configuration the sources of pg_chameleon's, or drop the source with pg_chameleon's drop_source if it is no longer wanted",
				"no source of the configuration is the source %s of pg_chameleon's catalogue", s.Name)
		}
		own := byName[spec.Name]
		if own == nil {
			own = &adopting{adoption: a, replica: New(*spec, a.engine.log)}
			byName[spec.Name], a.sources = own, append(a.sources, own)
		}
		own.known = append(own.known, s)
	}
	return nil
}

// specOf finds a source in the configuration: by its name, or, in version 1, which has one for
// each schema, by the schema in PostgreSQL.
func (a *adoption) specOf(s *legacy.Source) (*Spec, error) {
	if a.old.Old() {
		for _, name := range slices.Sorted(maps.Keys(a.engine.specs)) {
			spec := a.engine.specs[name]
			for _, to := range spec.Rules.Schemas {
				if to == s.Target {
					return &spec, nil
				}
			}
		}
		return nil, nil
	}
	spec, known := a.engine.specs[s.Name]
	if !known {
		return nil, nil
	}
	if !maps.Equal(spec.Rules.Schemas, s.Schemas) {
		return nil, fault.New(fault.Config, "let schema_mappings say what the catalogue says; it can be changed afterwards",
			"pg_chameleon replicates the source %s with the mappings %s, the configuration says %s", s.Name, mappingsText(s.Schemas), mappingsText(spec.Rules.Schemas))
	}
	return &spec, nil
}

func mappingsText(schemas map[string]string) string {
	var list []string
	for _, from := range slices.Sorted(maps.Keys(schemas)) {
		list = append(list, from+": "+schemas[from])
	}
	return strings.Join(list, ", ")
}
