package schema

import (
	"slices"
	"strconv"
)

// Partitioning says how a table's rows are spread over its partitions.
type Partitioning struct {
	Division
	Interval  string      `json:"interval,omitempty"`  // MariaDB: of SYSTEM_TIME, as "1 month"
	Limit     string      `json:"limit,omitempty"`     // MariaDB: of SYSTEM_TIME, in rows
	Auto      bool        `json:"auto,omitempty"`      // MariaDB: the server adds partitions of history by itself
	Sub       *Division   `json:"sub,omitempty"`       // how each partition is divided again
	Parts     []Partition `json:"parts,omitempty"`     // all of them, in the server's order
	Displaced bool        `json:"displaced,omitempty"` // rows may stand where they do not belong: by an exchange WITHOUT VALIDATION, or in a list's default
}

// The methods by which rows are divided.
const (
	ByRange      = "range"
	ByList       = "list"
	ByHash       = "hash"
	ByKey        = "key"
	BySystemTime = "system_time" // MariaDB: rows of the history, and current ones
	ByUnknown    = "unknown"     // the text was not understood
)

// Division is a function that tells a row's partition.
type Division struct {
	Method    string   `json:"method"`
	Linear    bool     `json:"linear,omitempty"`
	Expr      string   `json:"expr,omitempty"`    // of range, list and hash; "" with COLUMNS
	Columns   []string `json:"columns,omitempty"` // of key, RANGE COLUMNS and LIST COLUMNS; none of key: the primary key
	Algorithm int      `json:"algorithm,omitempty"`
}

// Partition is one partition.
type Partition struct {
	Name    string    `json:"name"`
	Bounds  [][]Bound `json:"bounds,omitempty"`  // range: the one tuple that its rows are less than; list: the tuples of its rows
	Default bool      `json:"default,omitempty"` // MariaDB: a list's partition for all other rows
	Current bool      `json:"current,omitempty"` // MariaDB: the partition of current rows, by SYSTEM_TIME
	Subs    []string  `json:"subs,omitempty"`    // names of its subpartitions
}

// Bound is one value of a partition's bounds.
type Bound struct {
	Text    string `json:"text,omitempty"`
	Null    bool   `json:"null,omitempty"`
	Max     bool   `json:"max,omitempty"`     // MAXVALUE
	Unknown bool   `json:"unknown,omitempty"` // an expression whose value is not known; Text is the expression
}

// Part gives the ordinal of the named partition, or -1.
func (p *Partitioning) Part(name string) int {
	return slices.IndexFunc(p.Parts, func(part Partition) bool { return equalFold(part.Name, name) })
}

// Subpart gives the ordinals of the partition that has the named subpartition and of that
// within it, or -1.
func (p *Partitioning) Subpart(name string) (part, sub int) {
	for i := range p.Parts {
		if at := slices.IndexFunc(p.Parts[i].Subs, func(s string) bool { return equalFold(s, name) }); at >= 0 {
			return i, at
		}
	}
	return -1, -1
}

// Fill names the partitions and subpartitions that a definition only gives the number of,
// as the server does.
func (p *Partitioning) Fill(count, subs int) {
	if len(p.Parts) == 0 {
		if p.Method == BySystemTime {
			count = max(count, 2)
		}
		p.Grow(max(count, 1))
	}
	if p.Sub == nil {
		return
	}
	for i := range p.Parts {
		for n := len(p.Parts[i].Subs); n < max(subs, 1); n++ {
			p.Parts[i].Subs = append(p.Parts[i].Subs, p.Parts[i].Name+"sp"+strconv.Itoa(n))
		}
	}
}

// Grow adds partitions that have no names of their own.
func (p *Partitioning) Grow(count int) {
	if p.Method != BySystemTime {
		for range count {
			p.Parts = append(p.Parts, Partition{Name: "p" + strconv.Itoa(len(p.Parts))})
		}
		return
	}
	if len(p.Parts) == 0 {
		p.Parts = []Partition{{Name: "pn", Current: true}}
		count--
	}
	for range count {
		n := len(p.Parts) - 1
		for p.Part("p"+strconv.Itoa(n)) >= 0 {
			n++
		}
		p.Insert(Partition{Name: "p" + strconv.Itoa(n)})
	}
}

// Insert adds partitions where the server puts new ones: at the end, or before the
// partition of current rows.
func (p *Partitioning) Insert(parts ...Partition) {
	at := len(p.Parts)
	if at > 0 && p.Parts[at-1].Current {
		at--
	}
	p.Parts = slices.Insert(p.Parts, at, parts...)
}

// Clone copies a partitioning deeply enough that every field may be changed.
func (p *Partitioning) Clone() *Partitioning {
	if p == nil {
		return nil
	}
	c := *p
	c.Columns, c.Parts = slices.Clone(p.Columns), slices.Clone(p.Parts)
	if p.Sub != nil {
		sub := *p.Sub
		sub.Columns = slices.Clone(sub.Columns)
		c.Sub = &sub
	}
	return &c
}
