// Package view owns what a view of MySQL or MariaDB is over replicated tables in PostgreSQL:
// a query of the same meaning, with what is not the same told, or the reason why there is none. It does
// not own the text's grammar (that is ddl/parse), nor the expressions in it (ddl/expr).
package view

import (
	"errors"
	"fmt"
	"strings"

	"pgchameleon/internal/ddl/expr"
	"pgchameleon/internal/ddl/parse"
	"pgchameleon/internal/mapping"
	"pgchameleon/internal/schema"
)

// View is a view of the source.
type View struct {
	Name    schema.Name
	Select  string
	Columns []string
	Check   string // of WITH CHECK OPTION: CASCADED, LOCAL or NONE
}

// Translated is a view in PostgreSQL.
type Translated struct {
	SQL   string   // CREATE VIEW
	Ident string   // its name, quoted
	Notes []string // in which way its rows may differ

	view   *View
	fields []expr.Field
}

// Untranslatable is the error for a view that has no translation.
type Untranslatable struct {
	Reason string
	Needs  *schema.Name // a relation that may be a view that was not translated yet; nil: another reason
}

// Error gives the reason.
func (e *Untranslatable) Error() string { return e.Reason }

// Set translates the views of a source, of which one may build on others.
type Set struct {
	Dialect parse.Dialect
	Table   func(schema.Name) *mapping.Table // that PostgreSQL has, nil for others
	Schema  func(string) (string, bool)      // in PostgreSQL, of a schema of the source

	done map[schema.Name]*Translated
}

// Result is what became of a view: one of both is set.
type Result struct {
	View       *View
	Translated *Translated
	Err        error
}

// Translate translates views, in an order in which each comes after those that it builds on.
func (s *Set) Translate(views []View) []Result {
	s.done = map[schema.Name]*Translated{}
	var list []Result
	open := make([]*View, len(views))
	for i := range views {
		open[i] = &views[i]
	}
	for len(open) > 0 {
		var waiting []*View
		var reasons []error
		for _, v := range open {
			t, err := s.one(v)
			var u *Untranslatable
			switch {
			case err == nil:
				s.done[v.Name] = t
				list = append(list, Result{View: v, Translated: t})
			case errors.As(err, &u) && u.Needs != nil && among(open, *u.Needs):
				waiting, reasons = append(waiting, v), append(reasons, err)
			default:
				list = append(list, Result{View: v, Err: err})
			}
		}
		if len(waiting) == len(open) { // what they wait for has no translation
			for i, v := range waiting {
				list = append(list, Result{View: v, Err: reasons[i]})
			}
			return list
		}
		open = waiting
	}
	return list
}

func among(views []*View, name schema.Name) bool {
	for _, v := range views {
		if v.Name == name {
			return true
		}
	}
	return false
}

// one translates a view.
func (s *Set) one(v *View) (*Translated, error) {
	destination, ok := s.Schema(v.Name.Schema)
	if !ok {
		return nil, &Untranslatable{Reason: "its schema is not mapped"}
	}
	if v.Select == "" {
		return nil, &Untranslatable{Reason: "the user of the replica may not see its definition: GRANT SHOW VIEW"}
	}
	query, err := parse.View(v.Select, s.Dialect)
	if err != nil {
		return nil, &Untranslatable{Reason: "its definition has something that is not known: " + err.Error()}
	}
	x := &translator{set: s}
	sql, fields, err := x.query(query, nil)
	if err != nil {
		return nil, err
	}
	if len(fields) != len(v.Columns) {
		return nil, &Untranslatable{Reason: fmt.Sprintf("it has %d columns, its query %d", len(v.Columns), len(fields))}
	}
	names := make([]string, len(v.Columns))
	for i, name := range v.Columns {
		names[i] = mapping.Quote(mapping.Identifier(name))
	}
	ident := mapping.Quote(destination) + "." + mapping.Quote(mapping.Identifier(v.Name.Table))
	create := fmt.Sprintf("CREATE VIEW %s (%s) AS %s", ident, strings.Join(names, ", "), sql)
	if v.Check == "CASCADED" || v.Check == "LOCAL" {
		create += " WITH " + v.Check + " CHECK OPTION"
	}
	return &Translated{SQL: create, Notes: x.notes, Ident: ident, view: v, fields: fields}, nil
}
