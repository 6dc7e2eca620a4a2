package parse

import (
	"strings"
	"testing"
)

// showQuery writes a query so that it tells how its parts belong together.
func showQuery(q *Query) string {
	var out strings.Builder
	for i, s := range q.Selects {
		if i > 0 {
			out.WriteString(map[bool]string{true: " all ", false: " union "}[q.All[i-1]])
		}
		for j, item := range s.Items {
			out.WriteString(map[bool]string{true: "", false: ","}[j == 0] + show(item.Expr) + ":" + item.Name)
		}
		if s.From != nil {
			out.WriteString(" from " + showRelation(s.From))
		}
		for _, part := range []struct {
			name string
			e    []*Expr
		}{{"where", []*Expr{s.Where}}, {"group", s.Group}, {"having", []*Expr{s.Having}}} {
			for _, e := range part.e {
				if e != nil {
					out.WriteString(" " + part.name + " " + show(e))
				}
			}
		}
	}
	for _, by := range q.Order {
		out.WriteString(" order " + show(by.Expr) + map[bool]string{true: "-", false: "+"}[by.Desc])
	}
	return strings.TrimSpace(out.String() + " " + q.Limit + " " + q.Offset)
}

func showRelation(r *Relation) string {
	on := ""
	switch {
	case r.Query != nil:
		return "[" + showQuery(r.Query) + "]" + r.Alias
	case r.Join == "":
		return r.Table.String() + "/" + r.Alias
	case r.On != nil:
		on = " on " + show(r.On)
	}
	return "(" + showRelation(r.Left) + " " + r.Join + " " + showRelation(r.Right) + on + ")"
}

func TestViews(t *testing.T) {
	for text, want := range map[string]string{
		"select 1 AS `1`": "1:1",
		"select `s`.`t`.`a` AS `a`,(`s`.`t`.`b` + 1) AS `b` from `s`.`t` where (`s`.`t`.`a` > 1)":                                    "a:a,(+ b 1):b from s.t/t where (> a 1)",
		"select `x`.`a` AS `a` from ((`s`.`t` `x` join `s`.`u` `y` on((`x`.`a` = `y`.`a`))) left join `s`.`v` on((1 = 1)))":          "a:a from ((s.t/x JOIN s.u/y on (= a a)) LEFT JOIN s.v/v on (= 1 1))",
		"select `s`.`t`.`a` AS `a` from `s`.`t` join `s`.`u`":                                                                        "a:a from (s.t/t JOIN s.u/u)",
		"select `q`.`n` AS `n` from (select count(0) AS `n` from `s`.`t` group by `s`.`t`.`a`) `q`":                                  "n:n from [COUNT(0):n from s.t/t group a]q",
		"select distinct `s`.`t`.`a` AS `a` from `s`.`t` FORCE INDEX (`i`) order by `s`.`t`.`a` desc limit 2,3":                      "a:a from s.t/t order a- 3 2",
		"select `s`.`t`.`a` AS `a` from `s`.`t` union all select 2 AS `2` union select 3 AS `3` limit 1 offset 4":                    "a:a from s.t/t all 2:2 union 3:3 1 4",
		"select group_concat(distinct `s`.`t`.`a` order by `s`.`t`.`b` ASC separator '|') AS `g` from `s`.`t` having (count(*) > 1)": "GROUP_CONCAT(a):g from s.t/t having (> COUNT(0) 1)",
	} {
		q, err := View(text, Dialect{})
		if err != nil {
			t.Errorf("%s: %v", text, err)
		} else if got := showQuery(q); got != want {
			t.Errorf("%s:\n%s, want\n%s", text, got, want)
		}
	}
	for _, text := range []string{"", "select", "select 1 AS `a` from", "select 1 AS `a` from `t` left join `u`", "with `x` as (select 1 AS `a`) select 1 AS `a`", "select 1 AS `a` group by 1 with rollup",
		"select 1 AS `a` into @x", "select row_number() over () AS `n`", "select 1 AS `a` limit ?", "(select 1 AS `a`", strings.Repeat("(", 5000) + "select 1 AS `a`"} {
		if q, err := View(text, Dialect{}); err == nil {
			t.Errorf("%.60q was read as %s", text, showQuery(q))
		}
	}
}

func FuzzView(f *testing.F) {
	for _, seed := range []string{"select 1 AS `a`", "select `a`.`b` AS `c` from (`a` join `b` on((1 = 1))) group by `a`.`b` order by 1 limit 2", "(select 1 AS `a`) union select 2 AS `b`"} {
		f.Add(seed)
	}
	f.Fuzz(func(_ *testing.T, text string) {
		if q, err := View(text, Dialect{}); err == nil {
			showQuery(q)
		}
	})
}
