package pipeline

import (
	"context"
	"fmt"
	"log/slog"

	"pgchameleon/internal/catalogue"
	"pgchameleon/internal/fault"
	"pgchameleon/internal/relay"
	"pgchameleon/internal/target/dial"
)

// Engine does what the commands ask for, on one target and its sources.
type Engine struct {
	target dial.Config
	specs  map[string]Spec
	log    *slog.Logger
}

// NewEngine gives the engine of a configuration: its target and its sources.
func NewEngine(target dial.Config, specs []Spec, log *slog.Logger) *Engine {
	e := &Engine{target: target, specs: map[string]Spec{}, log: log}
	for _, s := range specs {
		e.specs[s.Name] = s
	}
	return e
}

// with runs do on a session of the target whose catalogue fits this program.
func (e *Engine) with(ctx context.Context, do func(conn *dial.Conn) error) error {
	conn, err := dial.Connect(ctx, e.target)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	return do(conn)
}

// spec finds a source of MySQL or MariaDB.
func (e *Engine) spec(name string) (Spec, error) {
	s, err := e.either(name)
	if err == nil && s.PgSQL != nil {
		return Spec{}, fault.New(fault.Config, "a fresh copy of it is made with: chameleon init_replica --source "+name,
			"source %s is PostgreSQL: it is copied, not followed, and the command is for sources that are followed", name)
	}
	return s, err
}

// either finds a source of any type.
func (e *Engine) either(name string) (Spec, error) {
	s, known := e.specs[name]
	if !known {
		return Spec{}, fault.New(fault.Config, "chameleon show_sources lists them", "the configuration has no source %q", name)
	}
	return s, nil
}

// CreateReplicaSchema makes the catalogue, or brings it up to this program's
// version; made is false if it was there.
func (e *Engine) CreateReplicaSchema(ctx context.Context) (made bool, err error) {
	err = e.with(ctx, func(conn *dial.Conn) error {
		if made, err = catalogue.Create(ctx, conn); err != nil || made {
			return err
		}
		return catalogue.Migrate(ctx, conn)
	})
	return made, err
}

// DropReplicaSchema removes the catalogue. Replicated tables stay.
func (e *Engine) DropReplicaSchema(ctx context.Context) (dropped bool, err error) {
	err = e.with(ctx, func(conn *dial.Conn) error {
		dropped, err = catalogue.Drop(ctx, conn)
		return err
	})
	return dropped, err
}

// AddSource registers a source of the configuration, after a look at the server
// behind it.
func (e *Engine) AddSource(ctx context.Context, name string) error {
	spec, err := e.either(name)
	if err != nil {
		return err
	}
	kind := catalogue.MySQL
	if spec.PgSQL != nil {
		kind = catalogue.PgSQL
	}
	return e.with(ctx, func(conn *dial.Conn) error {
		shareable, err := New(spec, e.log).shareable(ctx, conn)
		if err != nil {
			return err
		}
		_, err = catalogue.AddSource(ctx, conn, name, kind, spec.Rules.Schemas, shareable...)
		return err
	})
}

// DropSource forgets a source. Its replicated tables stay.
func (e *Engine) DropSource(ctx context.Context, name string) error {
	return e.with(ctx, func(conn *dial.Conn) error {
		return catalogue.DropSource(ctx, conn, name, func(tx dial.Tx, id int64) error { return relay.Drop(ctx, tx, id) })
	})
}

// EnableReplica lets a source that stopped with an error be started again. One that is followed
// goes on being so, and its pause ends: running is true.
func (e *Engine) EnableReplica(ctx context.Context, name string) (running bool, err error) {
	err = e.with(ctx, func(conn *dial.Conn) error {
		known, err := catalogue.Find(ctx, conn, name)
		if err != nil {
			return err
		}
		switch {
		case known.Applied.IsZero():
			return fault.New(fault.State, "run: chameleon init_replica --source "+name, "source %s has not been copied yet", name)
		case known.Status == catalogue.Initialising:
			return fault.New(fault.State, "finish it: chameleon init_replica --source "+name+" goes on where it was", "the copy of source %s is not complete", name)
		case known.Status == catalogue.Detaching:
			return detachBegun(name)
		case known.Status == catalogue.Running:
			if running, err = catalogue.Led(ctx, conn, name); err != nil {
				return err
			}
			if running {
				return catalogue.SetPaused(ctx, conn, known.ID, false)
			}
		}
		return catalogue.Enable(ctx, conn, known.ID)
	})
	return running, err
}

// StartReplica follows a source until ctx ends; ready is called when the
// stream runs.
func (e *Engine) StartReplica(ctx context.Context, name string, ready func()) error {
	spec, err := e.spec(name)
	if err != nil {
		return err
	}
	if err := New(spec, e.log).Follow(ctx, ready); err != nil {
		return fmt.Errorf("following source %s: %w", name, err)
	}
	return nil
}
