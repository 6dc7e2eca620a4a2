// Package adopt owns the judgement on tables that pg_chameleon made: whether their types can
// take what this program writes, and which of the damages that pg_chameleon does to values they
// may have. It does not own connections, nor what is done about it.
package adopt

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"pgchameleon/internal/ddl"
	"pgchameleon/internal/mapping"
	"pgchameleon/internal/schema"
	"pgchameleon/internal/target/legacy"
)

// Fitted is a table of the source as it can go on in what pg_chameleon made of it.
type Fitted struct {
	Source *schema.Table  // with the types that PostgreSQL's columns keep
	Mapped *mapping.Table // nil where it does not fit
	SQL    []string       // to be run once, so that later statements of the source find what they expect
	Kept   []string       // columns that keep a type which a new copy would not give them
	Doubts []string       // why the table must not be followed as it is
}

func (f *Fitted) doubt(format string, args ...any) {
	f.Doubts = append(f.Doubts, fmt.Sprintf(format, args...))
}

// Fit holds a table's definition against the table in PostgreSQL.
func Fit(definition *schema.Table, there *legacy.Relation, rules *mapping.Rules) *Fitted {
	f := &Fitted{Source: definition.Clone()}
	plain, err := rules.Table(f.Source)
	if err != nil {
		f.doubt("%v", err)
		return f
	}
	if !there.Owned {
		f.doubt("the table in PostgreSQL belongs to another role")
	}
	if f.Source.Versioned {
		f.doubt("it is system-versioned, and pg_chameleon does not tell its history from its rows")
	}
	found := &ddl.Found{Sequences: map[string]string{}, Enums: map[string]string{}, Labels: map[string]int{}, NotNull: map[string]bool{}}
	for _, c := range plain.Columns {
		f.column(c, there.Column(c.Name), plain.Schema, found)
	}
	f.others(plain, there)
	if len(f.Doubts) > 0 {
		return f
	}
	mapped, err := rules.Table(f.Source)
	if err != nil {
		f.doubt("%v", err)
		return f
	}
	f.key(mapped, there)
	if len(f.Doubts) > 0 {
		return f
	}
	for _, i := range there.Indexes {
		found.Indexes = append(found.Indexes, ddl.FoundIndex{Name: i.Name, Columns: i.Columns, Primary: i.Primary, Unique: i.Unique})
	}
	f.Mapped, f.SQL = mapped, ddl.Settle(mapped, found)
	return f
}

// column settles as which type a column goes on.
func (f *Fitted) column(c mapping.Column, there *legacy.Column, schemaName string, found *ddl.Found) {
	name := f.Source.Columns[c.Ordinal].Name
	switch {
	case there == nil:
		f.doubt("PostgreSQL's table has no column %s", c.Name)
		return
	case there.Generated:
		f.doubt("PostgreSQL computes the column %s itself", c.Name)
		return
	case c.Map.Masked():
		f.doubt("column %s is to be masked, and its values are there as they are", name)
		return
	}
	found.Sequences[c.Name], found.NotNull[c.Name] = there.Sequence, there.NotNull
	kept := there.Type
	collation, _ := c.Map.ICU()
	switch {
	case c.Enum != "" && there.Enum != "" && beginning(c.Map.Enum(), there.Labels):
		found.Enums[c.Name], found.Labels[c.Name] = there.Enum, len(there.Labels)
		return
	case c.Enum != "" && there.Enum != "":
		for _, member := range f.Source.Columns[c.Ordinal].Type.Values {
			if !slices.Contains(there.Labels, member) {
				f.doubt("the enum type of column %s lacks a member that the source has", name)
				return
			}
		}
		kept = mapping.Quote(schemaName) + "." + mapping.Quote(there.Enum)
	case c.Enum == "" && collation == "" && holds(there.Type, c.Map.SQL()):
		return
	}
	f.Source.Columns[c.Ordinal].As = kept
	f.Kept = append(f.Kept, fmt.Sprintf("%s stays %s", name, there.Type))
}

// beginning says whether labels are all members, but perhaps for the label of the invalid one.
func beginning(members, labels []string) bool {
	return len(labels) >= len(members)-1 && len(labels) <= len(members) && slices.Equal(members[:len(labels)], labels)
}

// others looks at columns that the source does not have.
func (f *Fitted) others(t *mapping.Table, there *legacy.Relation) {
	for _, c := range there.Columns {
		if !slices.ContainsFunc(t.Columns, func(own mapping.Column) bool { return own.Name == c.Name }) {
			f.doubt("PostgreSQL's table has a column %s, which the source does not have", c.Name)
		}
	}
}

// key makes sure that rows can be found.
func (f *Fitted) key(t *mapping.Table, there *legacy.Relation) {
	if len(t.Key) == 0 {
		f.doubt("it has no key of columns that are NOT NULL, and pg_chameleon does not follow such tables, or loses changes of rows with NULL in the key")
		return
	}
	var names []string
	for _, at := range t.Key {
		names = append(names, t.Columns[at].Name)
	}
	slices.Sort(names)
	if !slices.ContainsFunc(there.Indexes, func(i legacy.Index) bool {
		columns := slices.Clone(i.Columns)
		slices.Sort(columns)
		return i.Unique && slices.Equal(columns, names)
	}) {
		f.doubt("PostgreSQL has no unique index on its key (%s)", strings.Join(names, ", "))
	}
}

var typeForm = regexp.MustCompile(`^([a-z]+(?: [a-z]+)*?)(?:\((\d+)(?:,(\d+))?\))?((?: [a-z]+)*)$`)

// parts takes the name of a type apart from its arguments; -1 for one that is not there.
func parts(text string) (name string, first, second int) {
	match := typeForm.FindStringSubmatch(text)
	if match == nil {
		return text, -1, -1
	}
	number := func(digits string) int {
		if n, err := strconv.Atoi(digits); err == nil {
			return n
		}
		return -1
	}
	return match[1] + match[4], number(match[2]), number(match[3])
}

// holds says whether a type of PostgreSQL is the one that is wanted, or one of the same name
// that has room for more.
func holds(there, wanted string) bool {
	name, first, second := parts(there)
	own, wantedFirst, wantedSecond := parts(wanted)
	switch {
	case name != own:
		return false
	case first == wantedFirst && second == wantedSecond:
		return true
	}
	switch name {
	case "numeric":
		second, wantedSecond = max(second, 0), max(wantedSecond, 0)
		return first < 0 || wantedFirst >= 0 && second >= wantedSecond && first-second >= wantedFirst-wantedSecond
	case "character varying", "timestamp without time zone", "timestamp with time zone", "time without time zone":
		return first < 0 || wantedFirst >= 0 && first >= wantedFirst
	}
	return false
}
