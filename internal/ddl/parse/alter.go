package parse

import "strings"

// alter reads ALTER.
func (p *parser) alter() Statement {
	p.what = "ALTER"
	p.expect("ALTER")
	at := p.at
	ignore := false
	for word := p.any("ONLINE", "OFFLINE", "IGNORE"); word != ""; word = p.any("ONLINE", "OFFLINE", "IGNORE") {
		ignore = ignore || word == "IGNORE"
	}
	switch {
	case p.accept("TABLE"):
		return p.alterTable(ignore)
	case p.accept("SEQUENCE"):
		return p.sequence(&Sequence{Verb: "alter"})
	case p.accept("DATABASE") || p.accept("SCHEMA"):
		return p.database(&Database{Verb: "alter"})
	}
	p.at = at
	return &Other{Kind: p.object()}
}

func (p *parser) alterTable(ignore bool) Statement {
	p.what = "ALTER TABLE"
	s := &AlterTable{IfExists: p.ifExists(), Ignore: ignore}
	s.Name = p.tableName()
	p.wait()
	for !p.end() && !p.is(";") {
		actions := p.action()
		s.Actions = append(s.Actions, actions...)
		if p.accept(",") {
			if p.end() {
				p.unknown()
			}
			continue
		}
		if p.end() || p.is(";") || p.follows(actions) {
			continue
		}
		p.unknown()
	}
	return s
}

// follows says whether the next clause may stand without a comma before it:
// table options may, and partitioning may follow anything.
func (p *parser) follows(last []Action) bool {
	if p.is("PARTITION", "BY") || p.is("REMOVE", "PARTITIONING") {
		return true
	}
	for _, a := range last {
		if _, ok := a.(*SetOptions); ok {
			return true
		}
	}
	return false
}

// action reads one clause.
func (p *parser) action() []Action {
	at := p.at
	switch {
	case p.accept("ADD"):
		return p.add()
	case p.accept("DROP"):
		return []Action{p.dropAction()}
	case p.accept("MODIFY"):
		p.accept("COLUMN")
		exists := p.ifExists()
		return p.change(p.field(), exists, false)
	case p.accept("CHANGE"):
		p.accept("COLUMN")
		exists := p.ifExists()
		return p.change(p.field(), exists, true)
	case p.accept("ALTER"):
		return []Action{p.alterAction()}
	case p.accept("RENAME"):
		return []Action{p.renameAction()}
	case p.accept("CONVERT", "TO"):
		return []Action{p.convert()}
	case p.isPartition():
		return []Action{p.partition()}
	case p.is("DISCARD", "TABLESPACE"), p.is("IMPORT", "TABLESPACE"):
		p.at += 2
		return []Action{&Tablespace{}}
	case p.is("LOCK"):
		return []Action{p.lock()}
	case p.nothing():
		return []Action{&NoEffect{Text: p.since(at)}}
	}
	var o Options
	if !p.options(&o) {
		p.unknown()
	}
	for p.options(&o) {
	}
	return []Action{&SetOptions{Options: o}}
}

// lock reads LOCK [=] mode.
func (p *parser) lock() *Lock {
	p.expect("LOCK")
	p.accept("=")
	return &Lock{Mode: strings.ToUpper(p.name())}
}

// nothing steps over a clause that changes nothing that is tracked.
func (p *parser) nothing() bool {
	switch {
	case p.accept("FORCE"), p.accept("ENABLE", "KEYS"), p.accept("DISABLE", "KEYS"),
		p.accept("SECONDARY_LOAD"), p.accept("SECONDARY_UNLOAD"),
		p.accept("WITH", "VALIDATION"), p.accept("WITHOUT", "VALIDATION"), p.accept("NOWAIT"):
	case p.accept("ALGORITHM"):
		p.accept("=")
		p.name()
	case p.is("WAIT"):
		p.wait()
	case p.accept("ORDER", "BY"):
		for { // its columns are separated by commas too
			p.field()
			p.any("ASC", "DESC")
			if !p.is(",") || !p.isOrderColumn(1) {
				break
			}
			p.at++
		}
	default:
		return false
	}
	return true
}

// isOrderColumn says whether a column of ORDER BY stands there and not the next
// clause.
func (p *parser) isOrderColumn(ahead int) bool {
	after := p.peek(ahead + 1)
	return after.kind == end || after.matches(",") || after.matches("ASC") || after.matches("DESC") || after.matches(".")
}

func (p *parser) add() []Action {
	switch {
	case p.is("PARTITION"):
		return []Action{p.addPartition()}
	case p.accept("SYSTEM", "VERSIONING"):
		return []Action{&Versioning{Add: true}}
	case p.is("PERIOD", "FOR"), p.is("PERIOD", "IF"):
		return []Action{&SetPeriod{Period: p.period()}}
	case p.isKey():
		return []Action{&AddKey{Key: p.key()}}
	}
	p.accept("COLUMN")
	exists := p.ifNotExists()
	if !p.is("(") {
		return p.addColumn(exists)
	}
	p.at++
	var actions []Action
	for {
		switch {
		case p.is("PERIOD", "FOR"):
			actions = append(actions, &SetPeriod{Period: p.period()})
		case p.isKey():
			actions = append(actions, &AddKey{Key: p.key()})
		default:
			actions = append(actions, p.addColumn(exists)...)
		}
		if !p.accept(",") {
			break
		}
	}
	p.expect(")")
	return actions
}

func (p *parser) addColumn(exists bool) []Action {
	column, keys := p.column(p.field())
	actions := []Action{&AddColumn{Column: column, Place: p.place(), IfNotExists: exists}}
	return withKeys(actions, keys)
}

func (p *parser) change(old string, exists, renamed bool) []Action {
	name := old
	if renamed {
		name = p.field()
	}
	column, keys := p.column(name)
	actions := []Action{&ChangeColumn{Old: old, Column: column, Place: p.place(), IfExists: exists}}
	return withKeys(actions, keys)
}

func withKeys(actions []Action, keys []Key) []Action {
	for _, k := range keys {
		actions = append(actions, &AddKey{Key: k})
	}
	return actions
}

func (p *parser) place() Place {
	switch {
	case p.accept("FIRST"):
		return Place{First: true}
	case p.accept("AFTER"):
		return Place{After: p.name()}
	}
	return Place{}
}

func (p *parser) dropAction() Action {
	switch {
	case p.accept("PARTITION"):
		d := &Partition{Verb: "drop"}
		d.Exists = p.ifExists()
		d.Names = p.names()
		return d
	case p.accept("SYSTEM", "VERSIONING"):
		return &Versioning{}
	case p.is("PERIOD", "FOR") || p.is("PERIOD", "IF"):
		p.at++
		d := &SetPeriod{Drop: true, IfExists: p.ifExists()}
		p.expect("FOR")
		d.Period.Name = p.name()
		return d
	case p.accept("PRIMARY", "KEY"):
		return &DropKey{What: "primary", Name: "PRIMARY"}
	case p.accept("FOREIGN", "KEY"):
		return p.dropKey("foreign")
	case p.accept("INDEX") || p.accept("KEY"):
		return p.dropKey("index")
	case p.accept("CONSTRAINT"):
		return p.dropKey("constraint")
	case p.is("CHECK") && !p.peek(1).matches(",") && p.peek(1).kind != end:
		p.at++
		return p.dropKey("check")
	}
	p.accept("COLUMN")
	d := &DropColumn{IfExists: p.ifExists()}
	d.Name = p.field()
	p.any("RESTRICT", "CASCADE")
	return d
}

func (p *parser) dropKey(what string) Action {
	d := &DropKey{What: what, IfExists: p.ifExists()}
	d.Name = p.name()
	return d
}

func (p *parser) alterAction() Action {
	switch {
	case p.accept("INDEX") || p.accept("KEY"):
		a := &SetIndex{IfExists: p.ifExists()}
		a.Name = p.name()
		switch {
		case p.accept("VISIBLE"), p.accept("NOT", "IGNORED"):
		case p.accept("INVISIBLE"), p.accept("IGNORED"):
			a.Invisible = true
		default:
			p.unknown()
		}
		return a
	case p.accept("CHECK") || p.accept("CONSTRAINT"):
		a := &SetCheck{Name: p.name()}
		a.NotEnforced = p.accept("NOT")
		p.expect("ENFORCED")
		return a
	}
	p.accept("COLUMN")
	exists := p.ifExists()
	name := p.field()
	switch {
	case p.accept("DROP", "DEFAULT"):
		return &SetDefault{Column: name, IfExists: exists}
	case p.accept("SET", "VISIBLE"):
		return &SetVisible{Column: name}
	case p.accept("SET", "INVISIBLE"):
		return &SetVisible{Column: name, Invisible: true}
	}
	p.expect("SET", "DEFAULT")
	value := p.enclosed()
	if value == nil {
		value = p.defaultValue()
	}
	return &SetDefault{Column: name, Default: value, IfExists: exists}
}

func (p *parser) renameAction() Action {
	switch {
	case p.accept("COLUMN"):
		r := &RenameColumn{IfExists: p.ifExists()}
		r.From = p.name()
		p.expect("TO")
		r.To = p.name()
		return r
	case p.accept("INDEX") || p.accept("KEY"):
		r := &RenameIndex{IfExists: p.ifExists()}
		r.From = p.name()
		p.expect("TO")
		r.To = p.name()
		return r
	}
	if p.any("TO", "AS") == "" {
		p.accept("=")
	}
	return &Rename{To: p.tableName()}
}

func (p *parser) convert() Action {
	c := &Convert{}
	if !p.charsetWord() {
		p.unknown()
	}
	c.Charset = p.charset()
	if p.accept("COLLATE") {
		p.accept("=")
		c.Collation = p.collation()
	}
	return c
}
