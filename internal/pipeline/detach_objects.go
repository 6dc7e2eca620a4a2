package pipeline

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"pgchameleon/internal/catalogue"
	"pgchameleon/internal/ddl/view"
	"pgchameleon/internal/mapping"
	"pgchameleon/internal/source/inspect"
	"pgchameleon/internal/target/dial"
)

// objects plans what the source has besides tables.
func (p *detachPlan) objects(ctx context.Context, db dial.DB) error {
	if err := p.views(ctx, db); err != nil {
		return err
	}
	var programs []inspect.Program
	for _, name := range slices.Sorted(maps.Keys(p.rules.Schemas)) {
		if err := p.apart(ctx, name); err != nil {
			return err
		}
		list, err := inspect.Programs(ctx, p.origin.conn, name)
		if err != nil {
			return err
		}
		programs = append(programs, list...)
	}
	for _, one := range programs {
		reason := "its body has to be written anew for PostgreSQL"
		if one.Of != "" {
			reason = one.Of + ": " + reason
		}
		p.leaveOut(strings.ToLower(one.Kind), one.Name.String(), reason)
	}
	missing, err := inspect.Unseen(ctx, p.origin.conn, p.origin.server)
	if err != nil {
		return err
	}
	if len(missing) > 0 {
		p.leaveOut("what cannot be seen", "views, routines, triggers, events",
			fmt.Sprintf("the user of the replica has not the privilege %s on the source: there may be more than is listed here", strings.Join(missing, ", ")))
	}
	return nil
}

// errTried ends a transaction in which statements were only tried.
var errTried = errors.New("the statements were only tried")

// views plans the source's views. Each is tried on the target, within a transaction that is
// rolled back: what PostgreSQL refuses is known before anything is done.
func (p *detachPlan) views(ctx context.Context, db dial.DB) error {
	var views []view.View
	for _, name := range slices.Sorted(maps.Keys(p.rules.Schemas)) {
		list, err := inspect.Views(ctx, p.origin.conn, name)
		if err != nil {
			return err
		}
		for _, v := range list {
			views = append(views, view.View{Name: v.Name, Select: v.Select, Columns: v.Columns, Check: v.Check})
		}
	}
	set := &view.Set{Dialect: p.origin.dialect, Table: p.table, Schema: p.rules.Target}
	results := set.Translate(views)
	err := dial.InTx(ctx, db, func(tx dial.Tx) error {
		for _, r := range results {
			if err := p.view(ctx, tx, r); err != nil {
				return err
			}
		}
		return errTried
	})
	if errors.Is(err, errTried) {
		return nil
	}
	return err
}

func (p *detachPlan) view(ctx context.Context, tx dial.Tx, r view.Result) error {
	if r.Err != nil {
		p.leaveOut(stepView, r.View.Name.String(), r.Err.Error())
		return nil
	}
	refused, err := within(ctx, tx, func(part dial.Tx) error {
		_, err := part.Exec(ctx, r.Translated.SQL)
		return dial.Classify(err)
	})
	switch {
	case err != nil:
		return err
	case refused != "":
		p.leaveOut(stepView, r.View.Name.String(), "PostgreSQL refuses it: "+refused)
	default:
		p.add(catalogue.DetachStep{Kind: stepView, Object: r.View.Name.String(), SQL: append([]string{r.Translated.SQL}, p.readable(r.Translated.Ident)...), Note: strings.Join(r.Translated.Notes, "; ")})
	}
	return nil
}

// readable lets the roles of grant_select_to read a view, as they read the tables.
func (p *detachPlan) readable(ident string) (list []string) {
	for _, role := range p.readers {
		list = append(list, "GRANT SELECT ON TABLE "+ident+" TO "+mapping.Quote(role))
	}
	return list
}

// apart tells of a schema's tables that are not replicated, and of sequences.
func (p *detachPlan) apart(ctx context.Context, schemaName string) error {
	infos, err := inspect.Tables(ctx, p.origin.conn, schemaName)
	if err != nil {
		return err
	}
	for _, info := range infos {
		switch {
		case info.Sequence():
			if t := p.set.Get(info.Name); t == nil || t.Sequence == nil {
				p.leaveOut(stepSequence, info.Name.String(), "the sequence is not followed")
			}
		case !p.rules.Wants(info.Name):
			p.leaveOut(stepTable, info.Name.String(), "limit_tables or skip_tables leaves it out")
		}
	}
	return nil
}
