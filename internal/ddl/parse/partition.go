package parse

import (
	"strconv"
	"strings"

	"pgchameleon/internal/schema"
)

// partitionVerbs are the verbs that stand before PARTITION.
var partitionVerbs = []string{"TRUNCATE", "COALESCE", "REORGANIZE", "EXCHANGE", "ANALYZE", "CHECK", "OPTIMIZE", "REBUILD", "REPAIR", "DISCARD", "IMPORT", "CONVERT"}

func (p *parser) isPartition() bool {
	if p.is("PARTITION", "BY") || p.is("REMOVE", "PARTITIONING") || p.is("UPGRADE", "PARTITIONING") || p.is("CONVERT", "TABLE") {
		return true
	}
	for _, verb := range partitionVerbs {
		if p.is(verb, "PARTITION") {
			return true
		}
	}
	return false
}

// partition reads a clause about partitions other than ADD and DROP.
func (p *parser) partition() Action {
	if p.is("PARTITION", "BY") {
		return &Partition{Verb: "by", By: p.partitioning(func() bool { return p.is(";") })}
	}
	a := &Partition{Verb: strings.ToLower(p.next().upper)}
	switch a.Verb {
	case "remove", "upgrade":
		p.at++
		return a
	case "convert":
		return p.convertPartition(a)
	}
	p.at++ // PARTITION
	p.any("NO_WRITE_TO_BINLOG", "LOCAL")
	switch {
	case a.Verb == "coalesce":
		a.Count = p.int()
		return a
	case p.accept("ALL"):
		a.All = true
	case a.Verb == "reorganize" && (p.end() || p.is(",") || p.is(";")):
		return a
	default:
		a.Names = p.names()
	}
	switch a.Verb {
	case "reorganize":
		p.expect("INTO")
		a.Parts = p.partitionList()
	case "exchange":
		p.expect("WITH", "TABLE")
		a.Table = p.tableName()
		a.Unsure = p.validation()
	case "discard", "import":
		p.expect("TABLESPACE")
	case "check", "repair":
		p.checkOptions()
	}
	return a
}

// validation reads WITH or WITHOUT VALIDATION and says whether it is WITHOUT.
func (p *parser) validation() bool {
	word := p.any("WITH", "WITHOUT")
	if word != "" {
		p.expect("VALIDATION")
	}
	return word == "WITHOUT"
}

func (p *parser) checkOptions() {
	for p.any("QUICK", "FAST", "MEDIUM", "EXTENDED", "CHANGED", "USE_FRM") != "" || p.accept("FOR", "UPGRADE") {
	}
}

// convertPartition reads MariaDB's CONVERT PARTITION p TO TABLE t and CONVERT
// TABLE t TO PARTITION p.
func (p *parser) convertPartition(a *Partition) Action {
	if p.accept("TABLE") {
		a.Verb = "convert table"
		a.Table = p.tableName()
		p.expect("TO")
		part := p.partitionDefinition()
		a.Names, a.Parts = []string{part.Name}, []schema.Partition{part}
		a.Unsure = p.validation()
		return a
	}
	p.expect("PARTITION")
	a.Names = []string{p.name()}
	p.expect("TO", "TABLE")
	a.Table = p.tableName()
	return a
}

// addPartition reads ADD PARTITION …, behind ADD.
func (p *parser) addPartition() Action {
	p.expect("PARTITION")
	a := &Partition{Verb: "add", Exists: p.ifNotExists()}
	p.any("NO_WRITE_TO_BINLOG", "LOCAL")
	if p.accept("PARTITIONS") {
		a.Count = p.int()
		return a
	}
	a.Parts = p.partitionList()
	return a
}

// partitioning reads PARTITION BY …. What is not understood is stepped over up to where
// stop says that the clause ends.
func (p *parser) partitioning(stop func() bool) (by *schema.Partitioning) {
	start := p.at
	defer func() {
		switch failure := recover().(type) {
		case nil:
		case giveUp:
			p.at = start + 2
			p.skipTo(stop)
			by = &schema.Partitioning{Division: schema.Division{Method: schema.ByUnknown}}
		default:
			panic(failure)
		}
	}()
	p.expect("PARTITION", "BY")
	by = &schema.Partitioning{Division: p.division()}
	if by.Method == schema.BySystemTime {
		p.systemTime(by)
	}
	count, subs := 0, 0
	if p.accept("PARTITIONS") {
		count = p.int()
	}
	if p.accept("SUBPARTITION", "BY") {
		sub := p.division()
		by.Sub = &sub
		if p.accept("SUBPARTITIONS") {
			subs = p.int()
		}
	}
	if p.is("(", "PARTITION") {
		by.Parts = p.partitionList()
	}
	if count > maxPartitions || subs > maxPartitions || !p.end() && !p.is(",") && !p.is("(") && !p.is("IGNORE") && !p.is("REPLACE") && !stop() {
		p.unknown()
	}
	by.Fill(count, subs)
	return by
}

// maxPartitions is more than any server takes.
const maxPartitions = 8192

// division reads a method with what it looks at.
func (p *parser) division() schema.Division {
	d := schema.Division{Linear: p.accept("LINEAR")}
	d.Method = strings.ToLower(p.any("RANGE", "LIST", "HASH", "KEY", "SYSTEM_TIME"))
	switch d.Method {
	case "":
		p.unknown()
	case schema.BySystemTime:
	case schema.ByKey:
		if p.accept("ALGORITHM") {
			p.accept("=")
			if d.Algorithm = p.int(); d.Algorithm == 2 { // what is taken without being asked
				d.Algorithm = 0
			}
		}
		d.Columns = p.columnNames()
	default:
		if p.accept("COLUMNS") {
			d.Columns = p.columnNames()
		} else {
			d.Expr = p.parens()
		}
	}
	return d
}

func (p *parser) columnNames() (names []string) {
	p.expect("(")
	if !p.is(")") {
		names = p.names()
	}
	p.expect(")")
	return names
}

// systemTime reads what comes after MariaDB's SYSTEM_TIME.
func (p *parser) systemTime(by *schema.Partitioning) {
	ends := func() bool {
		return p.is("STARTS") || p.is("AUTO") || p.is("PARTITIONS") || p.is("SUBPARTITION") || p.is("(", "PARTITION") || p.is(";")
	}
	if p.accept("INTERVAL") {
		from := p.at
		p.skipTo(ends)
		by.Interval = interval(strings.ToLower(p.since(from)))
		if p.accept("STARTS") {
			p.skipTo(ends)
		}
	}
	if p.accept("LIMIT") {
		by.Limit = p.text()
	}
	by.Auto = p.accept("AUTO")
}

// interval gives an interval of SYSTEM_TIME in the units in which the server shows it.
func interval(text string) string {
	number, unit, _ := strings.Cut(text, " ")
	factor, to := 1, unit
	switch unit {
	case "week":
		factor, to = 7, "day"
	case "quarter":
		factor, to = 3, "month"
	}
	if n, err := strconv.Atoi(number); err == nil {
		return strconv.Itoa(n*factor) + " " + to
	}
	return text
}

// partitionList reads definitions of partitions in parentheses.
func (p *parser) partitionList() []schema.Partition {
	p.expect("(")
	parts := []schema.Partition{p.partitionDefinition()}
	for p.accept(",") {
		parts = append(parts, p.partitionDefinition())
	}
	p.expect(")")
	return parts
}

// partitionDefinition reads the definition of one partition.
func (p *parser) partitionDefinition() schema.Partition {
	p.expect("PARTITION")
	part := schema.Partition{Name: p.name()}
	switch {
	case p.accept("VALUES", "LESS", "THAN"):
		if p.accept("MAXVALUE") {
			part.Bounds = [][]schema.Bound{{{Max: true}}}
		} else {
			part.Bounds = [][]schema.Bound{p.bounds()}
		}
	case p.accept("VALUES", "IN"):
		part.Bounds = p.listBounds()
	case p.accept("DEFAULT"):
		part.Default = true
	case p.accept("HISTORY"):
	case p.accept("CURRENT"):
		part.Current = true
	}
	p.partOptions()
	if p.accept("(") {
		for {
			p.expect("SUBPARTITION")
			part.Subs = append(part.Subs, p.name())
			p.partOptions()
			if !p.accept(",") {
				break
			}
		}
		p.expect(")")
	}
	return part
}

func (p *parser) partOptions() {
	var o Options
	for {
		if p.is("STORAGE", "ENGINE") {
			p.at++
		}
		if !p.options(&o) {
			return
		}
	}
}

// listBounds reads what stands behind VALUES IN: values, or tuples of them.
func (p *parser) listBounds() [][]schema.Bound {
	if p.is("(", "(") {
		p.at++
		list := [][]schema.Bound{p.bounds()}
		for p.accept(",") {
			list = append(list, p.bounds())
		}
		p.expect(")")
		return list
	}
	var list [][]schema.Bound
	for _, b := range p.bounds() {
		list = append(list, []schema.Bound{b})
	}
	return list
}

// bounds reads values in parentheses.
func (p *parser) bounds() []schema.Bound {
	p.expect("(")
	list := []schema.Bound{p.bound()}
	for p.accept(",") {
		list = append(list, p.bound())
	}
	p.expect(")")
	return list
}
