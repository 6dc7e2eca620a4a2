package pipeline

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"pgchameleon/internal/source/inspect"
)

// objects plans what the source has besides tables.
func (p *detachPlan) objects(ctx context.Context) error {
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

// apart tells of a schema's tables that are not replicated, and of sequences.
func (p *detachPlan) apart(ctx context.Context, schemaName string) error {
	infos, err := inspect.Tables(ctx, p.origin.conn, schemaName)
	if err != nil {
		return err
	}
	for _, info := range infos {
		switch {
		case info.Sequence():
			p.leaveOut("sequence object", info.Name.String(), "sequences that belong to no column are not replicated")
		case !p.rules.Wants(info.Name):
			p.leaveOut(stepTable, info.Name.String(), "limit_tables or skip_tables leaves it out")
		}
	}
	return nil
}
