package pipeline

import (
	"context"
	"fmt"
	"log/slog"

	"pgchameleon/internal/catalogue"
	"pgchameleon/internal/fault"
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

func (e *Engine) spec(name string) (Spec, error) {
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
	spec, err := e.spec(name)
	if err != nil {
		return err
	}
	return e.with(ctx, func(conn *dial.Conn) error {
		shareable, err := New(spec, e.log).shareable(ctx, conn)
		if err != nil {
			return err
		}
		_, err = catalogue.AddSource(ctx, conn, name, "mysql", spec.Rules.Schemas, shareable...)
		return err
	})
}

// DropSource forgets a source. Its replicated tables stay.
func (e *Engine) DropSource(ctx context.Context, name string) error {
	return e.with(ctx, func(conn *dial.Conn) error { return catalogue.DropSource(ctx, conn, name) })
}

// EnableReplica lets a source that stopped with an error be started again.
func (e *Engine) EnableReplica(ctx context.Context, name string) error {
	return e.with(ctx, func(conn *dial.Conn) error {
		known, err := catalogue.Find(ctx, conn, name)
		if err != nil {
			return err
		}
		if known.Applied.IsZero() {
			return fault.New(fault.State, "run: chameleon init_replica --source "+name, "source %s has not been copied yet", name)
		}
		return catalogue.Enable(ctx, conn, known.ID)
	})
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
