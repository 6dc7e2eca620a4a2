package ddl

import (
	"fmt"
	"slices"
	"strings"

	"pgchameleon/internal/ddl/expr"
	"pgchameleon/internal/ddl/parse"
	"pgchameleon/internal/mapping"
	"pgchameleon/internal/schema"
)

// Constraint is a rule of the source for a table's rows, as PostgreSQL keeps it once the
// source no longer does.
type Constraint struct {
	Name       string // in PostgreSQL
	What       string // on the source, for people
	Add        string // makes it for new rows, without a look at those that are there; "" if it is skipped
	Validate   string // looks at those
	Violations string // counts the rows that are against it
	Differs    string // in which way it is not the source's rule; "" if it is
	Skipped    string // why it is not made; "" if it is
}

// ForeignKeys lists the foreign keys of a table. parent gives a table that PostgreSQL has, by
// its name on the source, nil for others.
func ForeignKeys(t *mapping.Table, parent func(schema.Name) *mapping.Table) []Constraint {
	var list []Constraint
	for i := range t.Source.ForeignKeys {
		list = append(list, foreignKey(t, &t.Source.ForeignKeys[i], parent))
	}
	return list
}

func foreignKey(t *mapping.Table, key *schema.ForeignKey, parent func(schema.Name) *mapping.Table) Constraint {
	k := Constraint{Name: mapping.Identifier(key.Name), What: fmt.Sprintf("(%s) REFERENCES %s (%s)%s",
		strings.Join(key.Columns, ", "), key.References, strings.Join(key.RefColumns, ", "), actions(key))}
	other := parent(key.References)
	if other == nil {
		k.Skipped = fmt.Sprintf("it refers to table %s, which is not replicated", key.References)
		return k
	}
	if !unique(other, key.RefColumns) {
		k.Skipped = "the columns that it refers to are not unique, as PostgreSQL wants them"
		return k
	}
	var child, above, there, same []string
	for i, name := range key.Columns {
		at, to := t.Column(name), -1
		if i < len(key.RefColumns) {
			to = other.Column(key.RefColumns[i])
		}
		if at < 0 || to < 0 {
			k.Skipped = fmt.Sprintf("its column %s is not replicated on both sides", name)
			return k
		}
		c, p := mapping.Quote(t.Columns[at].Name), mapping.Quote(other.Columns[to].Name)
		child, above = append(child, c), append(above, p)
		there, same = append(there, "c."+c+" IS NOT NULL"), append(same, "p."+p+" = c."+c)
	}
	k.Add = fmt.Sprintf("ALTER TABLE %s ADD CONSTRAINT %s FOREIGN KEY (%s) REFERENCES %s (%s)%s NOT VALID",
		t.Ident(), mapping.Quote(k.Name), strings.Join(child, ", "), other.Ident(), strings.Join(above, ", "), actions(key))
	k.Validate = validate(t, k.Name)
	k.Violations = fmt.Sprintf("SELECT count(*) FROM %s AS c WHERE %s AND NOT EXISTS (SELECT FROM %s AS p WHERE %s)",
		t.Ident(), strings.Join(there, " AND "), other.Ident(), strings.Join(same, " AND "))
	return k
}

// unique says whether a table has a primary or unique key of just these columns.
func unique(t *mapping.Table, columns []string) bool {
	return slices.ContainsFunc(t.Source.Indexes, func(index schema.Index) bool {
		if index.Kind != schema.PrimaryKey && index.Kind != schema.Unique || index.Period || len(index.Parts) != len(columns) {
			return false
		}
		return !slices.ContainsFunc(index.Parts, func(part schema.IndexPart) bool {
			return part.Column == "" || part.Prefix > 0 || !slices.ContainsFunc(columns, func(name string) bool { return strings.EqualFold(name, part.Column) })
		})
	})
}

// actions writes what happens to children. InnoDB takes what is not stated, and NO ACTION, for RESTRICT.
func actions(key *schema.ForeignKey) string {
	sql := ""
	for _, a := range []struct {
		on   string
		rule schema.Rule
	}{{"DELETE", key.OnDelete}, {"UPDATE", key.OnUpdate}} {
		if a.rule != "" && a.rule != "no action" {
			sql += " ON " + a.on + " " + strings.ToUpper(string(a.rule))
		}
	}
	return sql
}

func validate(t *mapping.Table, name string) string {
	return fmt.Sprintf("ALTER TABLE %s VALIDATE CONSTRAINT %s", t.Ident(), mapping.Quote(name))
}

// Checks lists the CHECK constraints of a table; what the type JSON says already is none.
func Checks(t *mapping.Table, d parse.Dialect) []Constraint {
	var list []Constraint
	taken := map[string]bool{}
	for i := range t.Source.ForeignKeys {
		taken[mapping.Identifier(t.Source.ForeignKeys[i].Name)] = true
	}
	for i := range t.Source.Checks {
		check := &t.Source.Checks[i]
		if impliedByType(t, check) {
			continue
		}
		k := Constraint{Name: mapping.Identifier(check.Name), What: "CHECK (" + check.Expr + ")"}
		if taken[k.Name] {
			k.Name = mapping.Identifier(check.Name + "_check")
		}
		taken[k.Name] = true
		list = append(list, checkSQL(t, check, d, k))
	}
	return list
}

func impliedByType(t *mapping.Table, check *schema.Check) bool {
	return slices.ContainsFunc(t.Columns, func(c mapping.Column) bool {
		s := source(t, c)
		return s.Type.JSON && classOf(c.Map.SQL()) != "text" && jsonCheck(check.Expr, s.Name)
	})
}

func checkSQL(t *mapping.Table, check *schema.Check, d parse.Dialect, k Constraint) Constraint {
	if check.NotEnforced {
		k.Skipped = "it is NOT ENFORCED on the source"
		return k
	}
	condition, differs, err := checkCondition(t, check, d)
	if err != nil {
		k.Skipped = err.Error()
		return k
	}
	k.Add = fmt.Sprintf("ALTER TABLE %s ADD CONSTRAINT %s CHECK (%s) NOT VALID", t.Ident(), mapping.Quote(k.Name), condition)
	k.Validate = validate(t, k.Name)
	k.Violations = fmt.Sprintf("SELECT count(*) FROM %s WHERE NOT (%s)", t.Ident(), condition)
	k.Differs = differs
	return k
}

// checkCondition gives the exact condition, or else one that differs in a way that is told:
// the rows that are there are held to it, and those that are against it can be seen.
func checkCondition(t *mapping.Table, check *schema.Check, d parse.Dialect) (sql, differs string, err error) {
	exact, err := expr.Condition(t, check.Expr, d)
	if err == nil {
		return exact.SQL, "", nil
	}
	tree, unread := parse.Expression(check.Expr, d)
	if unread != nil {
		return "", "", err
	}
	scope := &expr.Scope{Dialect: d, Relations: []expr.Relation{expr.TableRelation(t.Name, t)}}
	if sql, err = scope.Condition(tree); err != nil {
		return "", "", err
	}
	return sql, strings.Join(scope.Notes, "; "), nil
}

// SequenceUse is a column that takes its values from a sequence.
type SequenceUse struct {
	Table  *mapping.Table
	Column string // in PostgreSQL
}

// AdvanceSequence gives the statement that sets a sequence beyond the greatest value of the
// columns that use it, and below neither next, the source's own next value (0: not known), nor what it
// would give now. sequence is a qualified and quoted name.
func AdvanceSequence(sequence string, next uint64, uses ...SequenceUse) string {
	values := []string{fmt.Sprint(max(next, 1)), "(SELECT last_value + is_called::int FROM " + sequence + ")"}
	for _, u := range uses {
		values = append(values, fmt.Sprintf("floor(coalesce((SELECT max(%s)::numeric FROM %s), 0)) + 1", mapping.Quote(u.Column), u.Table.Ident()))
	}
	return fmt.Sprintf("SELECT setval(%s, greatest(%s)::bigint, false)", strings.TrimSpace(mapping.Literal(sequence)), strings.Join(values, ", "))
}
