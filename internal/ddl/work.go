package ddl

import (
	"regexp"
	"strconv"
	"strings"

	"pgchameleon/internal/mapping"
	"pgchameleon/internal/schema"
)

// Work is what a statement of PostgreSQL costs those who use its table.
type Work struct {
	Lock     string // the strongest lock on a table that is there, as the manual names it; "" for none
	Rewrites bool   // the table's file is written anew
	Scans    bool   // all rows are read, for a check, an index or a change of rows
}

const (
	accessExclusive      = "ACCESS EXCLUSIVE"
	shareUpdateExclusive = "SHARE UPDATE EXCLUSIVE"
)

// works lists the statements that this package writes, by how they begin and what
// follows the table's name; the first that fits counts.
var works = []struct {
	form *regexp.Regexp
	work Work
}{
	{form(`ALTER TABLE NAME ADD CONSTRAINT NAME PRIMARY KEY`), Work{Lock: accessExclusive, Scans: true}},
	{form(`ALTER TABLE NAME ALTER COLUMN NAME SET NOT NULL`), Work{Lock: accessExclusive, Scans: true}},
	{form(`ALTER TABLE NAME ALTER COLUMN NAME TYPE `), Work{Lock: accessExclusive, Rewrites: true, Scans: true}},
	{form(`ALTER TABLE `), Work{Lock: accessExclusive}},
	{form(`DROP (TABLE|INDEX) `), Work{Lock: accessExclusive}},
	{form(`TRUNCATE `), Work{Lock: accessExclusive, Rewrites: true}},
	{form(`CREATE (UNIQUE )?INDEX `), Work{Lock: "SHARE", Scans: true}},
	{form(`COMMENT ON `), Work{Lock: shareUpdateExclusive}},
	{form(`(UPDATE|DELETE FROM) `), Work{Lock: "ROW EXCLUSIVE", Scans: true}},
	{form(`(ALTER|CREATE) SEQUENCE .* OWNED BY `), Work{Lock: "ACCESS SHARE"}},
	{form(`SELECT .* FROM `), Work{Lock: "ACCESS SHARE", Scans: true}},
}

func form(text string) *regexp.Regexp {
	const name = `"(?:[^"]|"")*"(?:\."(?:[^"]|"")*")?`
	return regexp.MustCompile(`^` + strings.ReplaceAll(text, "NAME", name))
}

// Works says what each of the effect's statements costs. before gives a table as it was
// before all of them; nil for a new one.
func (e *Effect) Works(before func(schema.Name) *mapping.Table) []Work {
	list := make([]Work, len(e.SQL))
	was := map[string]string{} // by a column's name now: that before
	for i, sql := range e.SQL {
		if part := columnRename.FindStringSubmatch(sql); part != nil {
			old := part[1]
			if first, again := was[old]; again {
				old = first
			}
			was[part[2]] = old
		}
		list[i] = workOf(sql, before(e.For[i]), was)
	}
	return list
}

var columnRename = regexp.MustCompile(`^ALTER TABLE .* RENAME COLUMN "((?:[^"]|"")*)" TO "((?:[^"]|"")*)"$`)

func workOf(sql string, before *mapping.Table, was map[string]string) Work {
	for _, w := range works {
		if !w.form.MatchString(sql) {
			continue
		}
		if before == nil {
			return Work{}
		}
		work := w.work
		if work.Rewrites && work.Scans && keepsForm(sql, before, was) {
			work.Rewrites, work.Scans = false, false
		}
		return work
	}
	return Work{} // types, sequences, collations, indexes by name: the table is free
}

var typeChange = regexp.MustCompile(`ALTER COLUMN "((?:[^"]|"")*)" TYPE (.*?)(?: COLLATE .*?)? USING (.*)$`)

// keepsForm says whether a change of type leaves the stored values as they are: a
// limit that grows or goes, where nothing is worked out.
func keepsForm(sql string, before *mapping.Table, was map[string]string) bool {
	part := typeChange.FindStringSubmatch(sql)
	if part == nil {
		return false
	}
	column, to := `"`+part[1]+`"`, part[2]
	if using := part[3]; using != column && using != column+"::"+to {
		return false
	}
	name := part[1]
	if old, renamed := was[name]; renamed {
		name = old
	}
	name = strings.ReplaceAll(name, `""`, `"`)
	for _, c := range before.Columns {
		if c.Name == name && c.Enum == "" {
			return grows(c.Map.SQL(), to)
		}
	}
	return false
}

var limited = regexp.MustCompile(`^([a-z ]+?)(?:\((\d+)(?:,(\d+))?\))?( with(?:out)? time zone)?$`)

// grows says whether PostgreSQL needs no work to make values of one type those of another.
func grows(from, to string) bool {
	if from == to {
		return true
	}
	a, b := limited.FindStringSubmatch(from), limited.FindStringSubmatch(to)
	if a == nil || b == nil {
		return false
	}
	number := func(text string) int {
		n, err := strconv.Atoi(text)
		if err != nil {
			return 1 << 30 // no limit
		}
		return n
	}
	wider := number(b[2]) >= number(a[2])
	switch a[1] {
	case "character varying":
		return b[1] == "text" || b[1] == a[1] && wider
	case "text":
		return b[1] == "character varying" && b[2] == ""
	case "numeric":
		return b[1] == a[1] && wider && (a[3] == b[3] || b[2] == "")
	case "timestamp", "time":
		return b[1] == a[1] && a[4] == b[4] && wider
	}
	return false
}
