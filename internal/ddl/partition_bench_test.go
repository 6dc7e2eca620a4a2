package ddl_test

import (
	"slices"
	"strings"

	"pgchameleon/internal/ddl"
	"pgchameleon/internal/schema"
	"pgchameleon/internal/typemap"
)

// note remembers that a rule has changed a value of the column, as the catalogue does.
func (b *bench) note(name schema.Name, column string, notes *typemap.Notes) {
	for _, count := range notes.Counts {
		if count > 0 {
			if b.noted == nil {
				b.noted = map[string]bool{}
			}
			b.noted[name.Table+"."+column] = true
		}
	}
}

// rely takes back what an effect does to rows that rules have changed, as the writer does.
func (b *bench) rely(e *ddl.Effect) {
	for _, r := range e.Relies {
		if !slices.ContainsFunc(r.Columns, func(c string) bool { return b.noted[r.Of.Table+"."+c] }) {
			continue
		}
		for i := len(e.SQL) - 1; i >= 0; i-- {
			if slices.Contains(r.Tables, e.For[i]) {
				e.SQL, e.For = slices.Delete(e.SQL, i, i+1), slices.Delete(e.For, i, i+1)
			}
		}
		for _, name := range r.Tables {
			e.Excluded = append(e.Excluded, ddl.Exclusion{Name: name, Reason: "rules have changed values", Refill: true})
		}
	}
}

// plainPartitioning leaves out of a partitioning what servers write in ways of their own.
func plainPartitioning(p *schema.Partitioning) {
	if p == nil {
		return
	}
	p.Displaced = false
	if p.Auto {
		p.Parts = nil
	}
	for _, d := range []*schema.Division{&p.Division, p.Sub} {
		if d != nil {
			d.Expr = function(d.Expr)
		}
	}
}

// function gives one spelling to functions that have several.
func function(expr string) string {
	text := squeeze(expr)
	if strings.Contains(text, "mod") || strings.Contains(text, "%") || strings.Contains(text, "datediff") || strings.Contains(text, "-to_days") {
		return "rewritten"
	}
	return strings.NewReplacer("dayofmonth", "day", "ceiling", "ceil").Replace(text)
}
