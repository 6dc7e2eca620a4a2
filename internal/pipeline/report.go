package pipeline

import (
	"context"
	"fmt"
	"time"

	"pgchameleon/internal/catalogue"
	"pgchameleon/internal/event"
	"pgchameleon/internal/fault"
	"pgchameleon/internal/status"
	"pgchameleon/internal/target/dial"
)

// silence is how long a process may not be heard of and still count as alive.
const silence = 10 * time.Second

// Sources gives the state of every registered source.
func (e *Engine) Sources(ctx context.Context) ([]status.Source, error) {
	var list []status.Source
	err := e.with(ctx, func(conn *dial.Conn) error {
		summaries, err := catalogue.Summaries(ctx, conn)
		for i := range summaries {
			list = append(list, summarised(&summaries[i]))
		}
		return err
	})
	return list, err
}

func summarised(s *catalogue.Summary) status.Source {
	tables := map[string]int64{}
	for state, n := range s.Tables {
		tables[string(state)] = n
	}
	alive := !s.Beat.IsZero() && s.Now.Sub(s.Beat) < silence
	return status.Source{
		ID: s.ID, Name: s.Name, Type: s.Type, Status: string(s.Status), Note: s.Note, Consistent: s.Consistent,
		Alive:        alive,
		ReadPosition: shown(s.Read), LastRead: s.LastRead, ReadLag: s.ReadLag,
		ReplayPosition: shown(s.Applied), LastReplay: s.LastReplayed, ReplayLag: s.ReplayLag,
		Paused: s.Paused, Resting: s.Resting && alive, Relay: status.Relay(s.Relay),
		Tables: tables, Errors: s.Errors, Discarded: s.Discarded, Counters: status.Counters(s.Counters),
	}
}

func shown(p event.Position) string {
	if p.IsZero() {
		return ""
	}
	return p.String()
}

// Detail gives the state of one source with its tables.
func (e *Engine) Detail(ctx context.Context, name string) (*status.Detail, error) {
	var d *status.Detail
	err := e.with(ctx, func(conn *dial.Conn) error {
		summaries, err := catalogue.Summaries(ctx, conn)
		if err != nil {
			return err
		}
		for i := range summaries {
			if summaries[i].Name == name {
				d = &status.Detail{Source: summarised(&summaries[i]), Mappings: summaries[i].Schemas}
			}
		}
		if d == nil {
			return fault.New(fault.State, "add it with: chameleon add_source --source "+name, "the source %q is not registered in the catalogue", name)
		}
		settings, err := catalogue.SettingsOf(ctx, conn, d.ID)
		if err != nil {
			return err
		}
		d.Wanted = settings.Wanted
		if d.LastMaintenance, err = catalogue.LastMaintenance(ctx, conn, d.ID); err != nil {
			return err
		}
		return fill(ctx, conn, d)
	})
	return d, err
}

func fill(ctx context.Context, conn *dial.Conn, d *status.Detail) error {
	tables, err := catalogue.TablesBare(ctx, conn, d.ID)
	if err != nil {
		return err
	}
	for _, t := range tables {
		d.Replicas = append(d.Replicas, status.Replica{
			Source: t.Source.String(), Target: t.Schema + "." + t.Name, State: string(t.State), Since: t.Since, Reason: t.Reason,
			ExcludedAt: shown(t.ExcludedAt), EstimatedRows: t.EstimatedRows, CopiedRows: t.CopiedRows, CopiedBytes: t.CopiedBytes, Discarded: t.DiscardedRows,
		})
	}
	if err := fillRefills(ctx, conn, d, tables); err != nil {
		return err
	}
	if err := fillOpen(ctx, conn, d); err != nil {
		return err
	}
	rules, err := catalogue.Conversions(ctx, conn, d.ID)
	for _, c := range rules {
		d.Rules = append(d.Rules, status.Applied{Table: c.Table.String(), Column: c.Column, Rule: c.Rule, Count: c.Count, Originals: c.Kept})
	}
	return err
}

// fillOpen tells what waits for somebody, or for the stream to come to it.
func fillOpen(ctx context.Context, conn *dial.Conn, d *status.Detail) error {
	held, err := catalogue.HeldStatements(ctx, conn, d.ID)
	if err != nil {
		return err
	}
	for _, h := range held {
		if h.State == catalogue.Held {
			d.Held = append(d.Held, heldStatus(h))
		}
	}
	wishes, err := catalogue.Skips(ctx, conn, d.ID, false)
	for _, s := range wishes {
		what := s.GTID
		if what == "" {
			what = fmt.Sprintf("%s:%d", s.File, s.Offset)
		}
		d.Skips = append(d.Skips, status.Skip{ID: s.ID, Transaction: what, Reason: s.Reason, AskedBy: s.AskedBy, Asked: s.Asked})
	}
	return err
}

func heldStatus(h *catalogue.HeldStatement) status.Held {
	s := status.Held{ID: h.ID, Class: h.Class, Statement: h.Statement, Position: shown(h.Position), Transaction: h.Transaction, Began: h.At, Since: h.Since}
	for _, n := range h.Tables {
		s.Tables = append(s.Tables, n.String())
	}
	return s
}

// manyErrors bounds what show_errors lists.
const manyErrors = 1000

// Failures lists the error log, newest first; that of one source, or all of it with "".
func (e *Engine) Failures(ctx context.Context, source string) ([]status.Failure, error) {
	var list []status.Failure
	err := e.with(ctx, func(conn *dial.Conn) error {
		var id int64
		if source != "" {
			known, err := catalogue.Find(ctx, conn, source)
			if err != nil {
				return err
			}
			id = known.ID
		}
		lines, err := catalogue.Errors(ctx, conn, id, manyErrors)
		for i := range lines {
			list = append(list, failure(&lines[i]))
		}
		return err
	})
	return list, err
}

// Failure gives one line of the error log.
func (e *Engine) Failure(ctx context.Context, id int64) (*status.Failure, error) {
	var f status.Failure
	err := e.with(ctx, func(conn *dial.Conn) error {
		line, err := catalogue.ErrorByID(ctx, conn, id)
		if err != nil {
			return err
		}
		f = failure(line)
		return nil
	})
	return &f, err
}

func failure(l *catalogue.LoggedError) status.Failure {
	return status.Failure{
		ID: l.ID, Source: l.Source, Time: l.Time, Table: l.Name, Schema: l.Schema, Position: shown(l.Position), SQL: l.SQL, Message: l.Message,
	}
}
