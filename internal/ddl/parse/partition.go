package parse

import "strings"

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
	a := &Partition{Verb: strings.ToLower(p.next().upper)}
	switch a.Verb {
	case "partition": // PARTITION BY …
		a.Verb = "by"
		p.skipTo(func() bool { return p.is(";") })
		return a
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
		p.int()
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
		p.parens()
	case "exchange":
		p.expect("WITH", "TABLE")
		a.Table = p.tableName()
		if p.any("WITH", "WITHOUT") != "" {
			p.expect("VALIDATION")
		}
	case "discard", "import":
		p.expect("TABLESPACE")
	case "check", "repair":
		p.checkOptions()
	}
	return a
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
		p.expect("TO", "PARTITION")
		a.Names = []string{p.name()}
		p.skipTo(func() bool { return p.is(",") || p.is(";") || p.is("WITH") || p.is("WITHOUT") })
		if p.any("WITH", "WITHOUT") != "" {
			p.expect("VALIDATION")
		}
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
	a := &Partition{Verb: "add"}
	p.ifNotExists()
	p.any("NO_WRITE_TO_BINLOG", "LOCAL")
	if p.accept("PARTITIONS") {
		p.int()
		return a
	}
	p.parens()
	return a
}
