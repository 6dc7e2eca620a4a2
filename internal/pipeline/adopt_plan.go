package pipeline

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"pgchameleon/internal/adopt"
	"pgchameleon/internal/event"
	"pgchameleon/internal/fault"
	"pgchameleon/internal/mapping"
	"pgchameleon/internal/schema"
	source "pgchameleon/internal/source/dial"
	"pgchameleon/internal/source/inspect"
	"pgchameleon/internal/status"
	"pgchameleon/internal/target/legacy"
)

// adopting is one source that is taken over.
type adopting struct {
	adoption  *adoption
	replica   *Replica
	known     []legacy.Source // what it was to pg_chameleon; several in version 1
	origin    *origin
	rules     *mapping.Rules
	tables    map[schema.Name]*schema.Table // as the source has them now
	unread    map[schema.Name]error         // those whose definition is not understood
	sequences []schema.Name
	start     event.Position // zero: it has not been copied yet
	verdicts  []*verdict
	notes     []string
}

// verdict is what becomes of one table.
type verdict struct {
	name    schema.Name
	target  [2]string
	fitted  *adopt.Fitted // nil where it was not looked at
	reasons []string      // why it is not followed
	bounds  bounds        // between which the rows may be newer than they say
	gone    bool
	made    bool // pg_chameleon made the table in PostgreSQL
}

func (s *adopting) name() string { return s.replica.spec.Name }

func (s *adopting) close() {
	if s.origin != nil {
		s.origin.close()
	}
}

// key is a name as this source compares names.
func (s *adopting) key(n schema.Name) schema.Name {
	if s.rules.Fold {
		return schema.Name{Schema: strings.ToLower(n.Schema), Table: strings.ToLower(n.Table)}
	}
	return n
}

// plan works out what becomes of the source's tables. Nothing is changed.
func (s *adopting) plan(ctx context.Context) (err error) {
	if s.origin, err = s.replica.reach(ctx); err != nil {
		return err
	}
	if s.rules, err = s.replica.rules(ctx, s.adoption.conn, s.origin.server, nil); err != nil {
		return err
	}
	resumed, err := s.resume(ctx)
	if err != nil || resumed == nil {
		return err
	}
	if err := (&initial{replica: s.replica, origin: s.origin}).noPrepared(ctx); err != nil {
		return err
	}
	if err := s.read(ctx); err != nil {
		return err
	}
	end, err := inspect.Position(ctx, s.origin.conn, s.origin.server)
	if err != nil {
		return err
	}
	if err := s.sameServer(end); err != nil {
		return err
	}
	places := s.places(resumed)
	if err := s.within(places, end); err != nil {
		return err
	}
	first := slices.MinFunc(places, comparePlaces)
	s.adoption.tell(fmt.Sprintf("source %s: reading its binary log from %s to %s", s.name(), first.File, end.File))
	w, err := s.lookFrom(ctx, places, first, end)
	if err != nil {
		return err
	}
	s.start = w.bounds[first].before
	return s.judge(ctx, resumed, w)
}

// resume finds where the replica goes on, for each of what it was to pg_chameleon; nil if there
// is nothing to go on with.
func (s *adopting) resume(ctx context.Context) ([]*resumption, error) {
	files, err := inspect.LogFiles(ctx, s.origin.conn)
	if err != nil {
		return nil, err
	}
	var all []*resumption
	for i := range s.known {
		k := &s.known[i]
		switch {
		case k.Status == "initialising", k.Status == "syncing":
			return nil, fault.New(fault.State, "let pg_chameleon end its copy, or drop the source with its drop_source and copy it with this program",
				"source %s has the status %s: a copy of pg_chameleon's was not brought to its end", k.Name, k.Status)
		case len(k.Batches) == 0 && len(k.Tables) == 0:
			s.notes = append(s.notes, "it has not been copied yet: chameleon init_replica --source "+s.name())
			continue
		}
		r, err := resumes(k, func(file string) bool { return slices.Contains(files, file) })
		if err != nil {
			return nil, err
		}
		for _, p := range r.lost {
			s.notes = append(s.notes, fmt.Sprintf("pg_chameleon has read changes from %s:%d on and never replayed them, and the source no longer has that part of its log: rows of any table may lack them", p.File, p.Offset))
		}
		all = append(all, r)
	}
	if len(all) > 0 && len(all) < len(s.known) {
		return nil, fault.New(fault.State, "copy it with pg_chameleon, or drop it there", "some of what pg_chameleon knows of source %s was never copied", s.name())
	}
	return all, nil
}

// sameServer refuses a server that lacks transactions which pg_chameleon has seen.
func (s *adopting) sameServer(end event.Position) error {
	for _, k := range s.known {
		for _, b := range k.Batches {
			if b.GTIDs == "" || end.GTIDs == "" || s.origin.server.Flavor != event.MySQL {
				continue
			}
			includes, err := includesGTIDs(end, strings.Join(strings.Fields(b.GTIDs), ""))
			if err != nil {
				return err
			}
			if !includes {
				return fault.New(fault.Environment, "connect to the server that pg_chameleon has followed, or copy the tables anew with init_replica",
					"the server lacks transactions that pg_chameleon has read of source %s: it is another one", k.Name)
			}
		}
	}
	return nil
}

// places lists the places of the binary log that matter: where sources and tables go on.
func (s *adopting) places(resumed []*resumption) []legacy.Place {
	var list []legacy.Place
	for i, r := range resumed {
		list = append(list, r.from, r.newest)
		for _, t := range s.known[i].Tables {
			if t.Place.File != "" {
				list = append(list, t.Place)
			}
		}
	}
	slices.SortFunc(list, comparePlaces)
	list = slices.Compact(list)
	first := slices.MinFunc(resumed, func(a, b *resumption) int { return comparePlaces(a.from, b.from) }).from
	return slices.DeleteFunc(list, func(p legacy.Place) bool { return comparePlaces(p, first) < 0 }) // the replica has passed it
}

// within refuses places that the log does not have: they are another server's.
func (s *adopting) within(places []legacy.Place, end event.Position) error {
	last := places[len(places)-1]
	if comparePlaces(last, legacy.Place{File: end.File, Offset: end.Offset}) > 0 {
		return fault.New(fault.Environment, "connect to the server that pg_chameleon has followed, or copy the tables anew with init_replica",
			"the source's binary log ends at %s, before pg_chameleon's position %s:%d: it is another server, or was reset", end, last.File, last.Offset)
	}
	return nil
}

// read reads the source's tables as they are now.
func (s *adopting) read(ctx context.Context) error {
	s.tables, s.unread = map[schema.Name]*schema.Table{}, map[schema.Name]error{}
	definitions := s.replica.definitions(s.origin)
	for _, database := range slices.Sorted(maps.Keys(s.rules.Schemas)) {
		infos, err := inspect.Tables(ctx, s.origin.conn, database)
		if err != nil {
			return err
		}
		for _, info := range infos {
			if !s.rules.Wants(info.Name) {
				continue
			}
			if info.Sequence() {
				s.sequences = append(s.sequences, info.Name)
				continue
			}
			t, err := definitions.read(ctx, s.origin.conn, info.Name)
			var unmapped errUnmapped
			switch {
			case source.Number(err) == noSuchTable:
			case errors.As(err, &unmapped):
				s.unread[info.Name] = unmapped.error
			case err != nil:
				return fmt.Errorf("reading the definition of table %s: %w", info.Name, err)
			default:
				s.tables[t.Name] = s.rules.Hide(t)
			}
		}
	}
	return nil
}

// told is what people are told of the source.
func (s *adopting) told() status.AdoptedSource {
	out := status.AdoptedSource{Name: s.name(), Notes: s.notes, Tables: []status.AdoptedTable{}}
	if !s.start.IsZero() {
		out.Position = s.start.String()
	}
	for _, v := range s.verdicts {
		t := status.AdoptedTable{Source: v.name.String(), Target: v.target[0] + "." + v.target[1], Followed: len(v.reasons) == 0, Reasons: v.reasons, Gone: v.gone}
		if v.fitted != nil && t.Followed {
			t.Kept, t.Statements = v.fitted.Kept, v.fitted.SQL
		}
		out.Tables = append(out.Tables, t)
	}
	return out
}
