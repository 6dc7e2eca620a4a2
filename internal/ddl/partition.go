package ddl

import (
	"slices"
	"strings"
	"time"

	"pgchameleon/internal/ddl/parse"
	"pgchameleon/internal/schema"
)

// zone reads a session's time zone as the binary log has it; nil where its clock is not
// known: SYSTEM, and names, whose rules may be other ones on the source.
func zone(name string) *time.Location {
	if name == "UTC" {
		return time.UTC
	}
	t, err := time.Parse("-07:00", name)
	if err != nil {
		return nil
	}
	return t.Location()
}

// settleBounds gives a partitioning whose bounds have the form that the server stores.
func settleBounds(t *schema.Table, p *schema.Partitioning) *schema.Partitioning {
	if p == nil {
		return nil
	}
	for i := range p.Parts {
		settlePart(t, p, &p.Parts[i])
	}
	return p
}

func settlePart(t *schema.Table, p *schema.Partitioning, part *schema.Partition) {
	for _, tuple := range part.Bounds {
		for i := range tuple {
			b := &tuple[i]
			if p.Expr != "" || i >= len(p.Columns) || b.Null || b.Max || b.Unknown {
				continue
			}
			at := t.Column(p.Columns[i])
			if at < 0 {
				continue
			}
			switch of := &t.Columns[at].Type; of.Name {
			case "date", "time", "datetime", "timestamp":
				b.Text = settledText(b.Text, of, false, true)
			}
		}
	}
	if p.Method == schema.ByList { // the server puts NULL first
		slices.SortStableFunc(part.Bounds, func(a, b []schema.Bound) int {
			switch null := isNull(a); {
			case null == isNull(b):
				return 0
			case null:
				return -1
			}
			return 1
		})
	}
}

func isNull(tuple []schema.Bound) bool { return len(tuple) == 1 && tuple[0].Null }

// partition changes the partitions as an action says. What it does to rows is the applier's.
func (x *draft) partition(a *parse.Partition) error {
	p := x.t.Partitioning
	switch a.Verb {
	case "by":
		x.t.Partitioning = settleBounds(x.t, a.By)
		return nil
	case "remove":
		x.t.Partitioning = nil
		return nil
	}
	x.parts = append(x.parts, a)
	if p == nil || p.Method == schema.ByUnknown {
		return nil
	}
	for i := range a.Parts {
		settlePart(x.t, p, &a.Parts[i])
	}
	switch a.Verb {
	case "add", "convert table":
		x.addPartitions(a)
	case "drop", "convert":
		p.Parts = slices.DeleteFunc(p.Parts, func(part schema.Partition) bool { return contains(a.Names, part.Name) })
	case "coalesce":
		p.Parts = p.Parts[:max(0, len(p.Parts)-a.Count)]
	case "reorganize":
		if len(a.Names) == 0 { // by hash or key: into as many as a new table would have
			p.Parts = p.Parts[:1]
			return nil
		}
		named := func(part schema.Partition) bool { return contains(a.Names, part.Name) }
		if at := slices.IndexFunc(p.Parts, named); at >= 0 {
			subs := subparts(p)
			p.Parts = slices.Insert(slices.DeleteFunc(p.Parts, named), at, a.Parts...)
			p.Fill(0, subs)
		}
	case "truncate":
		p.Displaced = p.Displaced && !a.All
	case "exchange":
		p.Displaced = p.Displaced || a.Unsure
	}
	return nil
}

func (x *draft) addPartitions(a *parse.Partition) {
	p := x.t.Partitioning
	if a.Exists && slices.ContainsFunc(a.Parts, func(part schema.Partition) bool { return p.Part(part.Name) >= 0 }) {
		return
	}
	subs := subparts(p)
	// The default partition keeps rows that belong into a new one.
	p.Displaced = p.Displaced || a.Unsure || slices.ContainsFunc(p.Parts, func(part schema.Partition) bool { return part.Default })
	p.Insert(a.Parts...)
	if a.Count > 0 {
		p.Grow(a.Count)
	}
	p.Fill(0, subs)
}

// subparts is how many subpartitions each partition has.
func subparts(p *schema.Partitioning) int {
	if len(p.Parts) == 0 {
		return 0
	}
	return len(p.Parts[0].Subs)
}

func contains(names []string, name string) bool {
	return slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, name) })
}

// renamePartitioning tells the partitioning of columns' new names.
func renamePartitioning(p *schema.Partitioning, to func(string) string, d parse.Dialect) {
	if p == nil {
		return
	}
	for _, division := range []*schema.Division{&p.Division, p.Sub} {
		if division == nil {
			continue
		}
		division.Expr = parse.RenameWords(division.Expr, to, d)
		for i, c := range division.Columns {
			division.Columns[i] = to(c)
		}
	}
}
