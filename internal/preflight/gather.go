package preflight

import (
	"context"
	_ "embed"
	"maps"
	"slices"
	"strings"

	"pgchameleon/internal/catalogue"
	"pgchameleon/internal/event"
	"pgchameleon/internal/fault"
	"pgchameleon/internal/schema"
	sourcedial "pgchameleon/internal/source/dial"
	source "pgchameleon/internal/source/inspect"
	targetdial "pgchameleon/internal/target/dial"
	target "pgchameleon/internal/target/inspect"
)

//go:embed keyless.sql
var keylessSQL string

// Gather asks both servers, on sessions of its own, for what the checks need.
func Gather(ctx context.Context, from sourcedial.Config, to targetdial.Config, options Options) (*Facts, error) {
	f := &Facts{Options: options}
	if err := f.askSource(ctx, from); err != nil {
		return nil, err
	}
	return f, f.askTarget(ctx, to)
}

func (f *Facts) askSource(ctx context.Context, config sourcedial.Config) (err error) {
	conn, err := sourcedial.Connect(ctx, config, "")
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	if f.Server, err = source.Facts(ctx, conn); err != nil {
		return err
	}
	f.Rules.Fold = f.Server.Fold
	if f.Grants, err = source.Grants(ctx, conn); err != nil {
		return err
	}
	if f.Schemas, err = source.Schemas(ctx, conn); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(f.Rules.Schemas)) {
		tables, err := source.Tables(ctx, conn, name)
		if err != nil {
			return err
		}
		f.Tables = append(f.Tables, tables...)
	}
	if !f.Copy || f.Server.Flavor != event.MySQL {
		return nil // MariaDB's snapshots know their position
	}
	for _, name := range slices.Sorted(maps.Keys(f.Rules.Schemas)) {
		rows, err := sourcedial.Text(ctx, conn, strings.ReplaceAll(keylessSQL, ":schema", sourcedial.Literal(name)))
		if err != nil {
			return err
		}
		for _, row := range rows {
			if table := (schema.Name{Schema: row[0], Table: row[1]}); f.Rules.Wants(table) {
				f.Keyless = append(f.Keyless, table)
			}
		}
	}
	return nil
}

func (f *Facts) askTarget(ctx context.Context, config targetdial.Config) error {
	conn, err := targetdial.Connect(ctx, config)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	if f.Target, err = target.Facts(ctx, conn); err != nil {
		return err
	}
	for _, o := range f.Rules.Overrides {
		exists, err := target.HasType(ctx, conn, o.To)
		if err != nil {
			return err
		}
		if !exists && !slices.Contains(f.NoTypes, o.To) {
			f.NoTypes = append(f.NoTypes, o.To)
		}
	}
	names := slices.Sorted(maps.Values(f.Rules.Schemas))
	if f.TargetSchemas, err = target.Schemas(ctx, conn, slices.Compact(names)...); err != nil {
		return err
	}
	if f.Copy {
		if err := f.askPlaces(ctx, conn, names); err != nil {
			return err
		}
	}
	sources, err := catalogue.Sources(ctx, conn)
	if fault.KindOf(err) == fault.State { // there is no catalogue yet
		return nil
	}
	if err != nil {
		return err
	}
	for _, s := range sources {
		switch {
		case s.Name != f.Source:
			f.Others = append(f.Others, s)
		case f.Copy:
			if f.Ours, err = catalogue.TablesBare(ctx, conn, s.ID); err != nil {
				return err
			}
		}
	}
	return nil
}

// askPlaces asks what is in the places of tables that are copied.
func (f *Facts) askPlaces(ctx context.Context, conn *targetdial.Conn, names []string) (err error) {
	if f.Relations, err = target.Relations(ctx, conn, names...); err != nil {
		return err
	}
	if f.Taken, err = catalogue.Taken(ctx, conn, f.Source, names...); err != nil && fault.KindOf(err) != fault.State {
		return err
	}
	return nil
}
