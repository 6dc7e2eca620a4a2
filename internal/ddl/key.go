package ddl

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"pgchameleon/internal/ddl/parse"
	"pgchameleon/internal/schema"
)

// key adds an index, a foreign key or a check as it is stated.
func (b *builder) key(k parse.Key) {
	switch k := k.(type) {
	case *parse.Index:
		b.index(k)
	case *parse.ForeignKey:
		b.foreignKey(k)
	case *parse.Check:
		b.check(k)
	}
}

func (b *builder) index(k *parse.Index) {
	t, index := b.t, k.Index
	index.Parts = slices.Clone(index.Parts)
	if k.IfNotExists && index.Name != "" && t.Index(index.Name) >= 0 {
		return
	}
	for i := range index.Parts {
		b.part(&index.Parts[i], index.Kind)
		index.Parts[i].Desc = index.Parts[i].Desc && descends(b.d) && !(b.d.MariaDB() && index.Using == "hash")
	}
	if index.Kind == schema.PrimaryKey {
		for _, p := range index.Parts {
			if at := t.Column(p.Column); at >= 0 {
				c := &t.Columns[at]
				if k.Column == "" && b.defaulted(c) {
					c.Default = implicitDefault(c)
				}
				c.NotNull = true
			}
		}
	}
	b.replaceOwn(&index)
	if index.Name == "" {
		index.Name = b.freeName(index.Parts)
	}
	t.Indexes = append(t.Indexes, index)
}

// defaulted says whether a primary key that follows the columns gives a column a
// default, as it did before MySQL 5.7.
func (b *builder) defaulted(c *schema.Column) bool {
	return !b.exact && !b.d.MariaDB() && b.d.Version < 50700 && !c.NotNull && c.Default == nil && !c.AutoIncrement && c.Generated == nil && !isBlob(c.Type.Name)
}

// descends says whether the server has descending indexes; those before read DESC and forget it.
func descends(d parse.Dialect) bool {
	return d.MariaDB() && d.Version >= 100800 || !d.MariaDB() && d.Version >= 80000
}

// part takes the column's own spelling, and drops a prefix that is the whole column.
func (b *builder) part(p *schema.IndexPart, kind schema.IndexKind) {
	at := b.t.Column(p.Column)
	if p.Column == "" || at < 0 {
		return
	}
	c := &b.t.Columns[at]
	p.Column = c.Name
	if p.Prefix > 0 && c.Type.Length > 0 && p.Prefix >= c.Type.Length && !isBlob(c.Type.Name) {
		p.Prefix = 0
	}
	if most := b.longest(); !b.exact && kind == schema.Plain && (isText(c.Type.Name) && c.Type.Values == nil || hasBytes(c.Type.Name)) {
		most /= width(c.Type.Charset)
		if whole := c.Type.Length; p.Prefix > most || p.Prefix == 0 && (whole > most || whole < 0) {
			p.Prefix = most
		}
	}
}

// longest gives the bytes of a key's part to which the server shortens a longer one, if
// the key is not unique and sql_mode is not strict.
func (b *builder) longest() int {
	switch engine := strings.ToLower(b.t.Engine); {
	case engine == "myisam":
		return 1000
	case engine == "aria" && b.d.MariaDB():
		return 2300
	case b.short, !b.d.MariaDB() && b.d.Version < 50700:
		return 767
	}
	return 3072
}

// replaceOwn drops an index that the server made for a foreign key and that a
// new index makes needless, and one of the new one's name: it went unseen.
func (b *builder) replaceOwn(index *schema.Index) {
	b.t.Indexes = slices.DeleteFunc(b.t.Indexes, func(o schema.Index) bool {
		return o.Own && indexes(index.Kind) && b.covers(index.Parts, o.Parts) || index.Name != "" && strings.EqualFold(o.Name, index.Name)
	})
}

// covers says whether an index of these parts will do for a foreign key that needs others.
func (b *builder) covers(long, short []schema.IndexPart) bool {
	if len(short) > len(long) {
		return false
	}
	for i := range short {
		if !strings.EqualFold(short[i].Column, long[i].Column) || short[i].Prefix != long[i].Prefix || long[i].Column == "" {
			return false
		}
		if short[i].Desc != long[i].Desc && !b.d.MariaDB() {
			return false
		}
	}
	return true
}

// freeName names an index after its first column, with a number where that is taken.
func (b *builder) freeName(parts []schema.IndexPart) string {
	name := "functional_index"
	if len(parts) > 0 && parts[0].Column != "" {
		name = parts[0].Column
	}
	if b.t.Index(name) < 0 && !strings.EqualFold(name, "PRIMARY") {
		return name
	}
	for n := 2; ; n++ {
		if numbered := name + "_" + strconv.Itoa(n); b.t.Index(numbered) < 0 {
			return numbered
		}
	}
}

func (b *builder) foreignKey(k *parse.ForeignKey) {
	t, f := b.t, k.ForeignKey
	if k.Column != "" && !b.d.MariaDB() && b.d.Version < 90000 {
		return // read and forgotten by these servers
	}
	named := func(o schema.ForeignKey) bool { return strings.EqualFold(o.Name, f.Name) }
	if k.IfNotExists && f.Name != "" && slices.ContainsFunc(t.ForeignKeys, named) {
		return
	}
	if f.References.Schema == "" {
		f.References.Schema = t.Schema
	}
	f.Columns = slices.Clone(f.Columns)
	if len(f.RefColumns) != len(f.Columns) {
		f.RefColumns = slices.Clone(f.Columns) // until its parent is looked up
	}
	parts := make([]schema.IndexPart, len(f.Columns))
	for i, name := range f.Columns {
		if at := t.Column(name); at >= 0 {
			f.Columns[i] = t.Columns[at].Name
		}
		parts[i].Column = f.Columns[i]
	}
	index := schema.Index{Name: f.Name, Kind: schema.Plain, Parts: parts}
	if index.Name == "" {
		index.Name = k.Index
	}
	if f.Name == "" && b.d.MariaDB() {
		f.Name = k.Index
	}
	if f.Name == "" {
		f.Name = numbered(t.Name.Table+"_ibfk_", len(t.ForeignKeys), func(i int) string { return t.ForeignKeys[i].Name })
	}
	t.ForeignKeys = append(t.ForeignKeys, f)
	covered := func(o schema.Index) bool {
		renewed := o.Own && len(o.Parts) == len(parts) // by the last one that needs it
		return indexes(o.Kind) && b.covers(o.Parts, parts) && !renewed
	}
	if b.exact || slices.ContainsFunc(t.Indexes, covered) || !strings.EqualFold(t.Engine, "InnoDB") && t.Engine != "" {
		return
	}
	b.replaceOwn(&schema.Index{Kind: schema.Plain, Parts: parts})
	if index.Name == "" || t.Index(index.Name) >= 0 {
		index.Name = b.freeName(parts)
	}
	index.Own = true
	t.Indexes = append(t.Indexes, index)
}

func indexes(k schema.IndexKind) bool {
	return k == schema.PrimaryKey || k == schema.Unique || k == schema.Plain
}

// numbered gives prefix and the number after the greatest that is in use.
func numbered(prefix string, n int, name func(i int) string) string {
	greatest := 0
	for i := range n {
		if rest, ok := strings.CutPrefix(name(i), prefix); ok {
			if number, err := strconv.Atoi(rest); err == nil {
				greatest = max(greatest, number)
			}
		}
	}
	return fmt.Sprintf("%s%d", prefix, greatest+1)
}

func (b *builder) check(k *parse.Check) {
	t, c := b.t, k.Check
	if !b.d.MariaDB() && b.d.Version < 80016 {
		return // read and forgotten by these servers
	}
	for i := range t.Columns {
		column := &t.Columns[i]
		if strings.EqualFold(column.Name, k.Column) {
			column.Type.JSON = false // the column's own check stands in the place of JSON's
		}
		if b.d.MariaDB() && column.Type.Name == "longtext" && jsonCheck(c.Expr, column.Name) {
			column.Type.JSON = true
			if k.Column != "" {
				return
			}
		}
	}
	switch {
	case k.IfNotExists && slices.ContainsFunc(t.Checks, func(o schema.Check) bool { return strings.EqualFold(o.Name, c.Name) }):
		return
	case c.Name != "":
	case b.d.MariaDB() && k.Column != "":
		c.Name = k.Column
	case b.d.MariaDB():
		c.Name = numbered("CONSTRAINT_", len(t.Checks), func(i int) string { return t.Checks[i].Name })
	default:
		c.Name = numbered(t.Name.Table+"_chk_", len(t.Checks), func(i int) string { return t.Checks[i].Name })
	}
	t.Checks = append(t.Checks, c)
}

// finish puts the indexes into the server's order: the primary key, unique ones
// without NULL, other unique ones, the rest, FULLTEXT.
func (b *builder) finish() {
	t := b.t
	slices.SortStableFunc(t.Indexes, func(x, y schema.Index) int { return rank(t, &x) - rank(t, &y) })
}

func rank(t *schema.Table, index *schema.Index) int {
	switch index.Kind {
	case schema.PrimaryKey:
		return 0
	case schema.Unique:
		for _, p := range index.Parts {
			if at := t.Column(p.Column); at < 0 || !t.Columns[at].NotNull {
				return 2
			}
		}
		return 1
	case schema.Fulltext:
		return 4
	}
	return 3
}

// Hashed counts the unique keys of a table for which MariaDB has a hash in the place of the values: of texts as a
// whole, of more bytes than an index takes, or where USING HASH asks for it.
func Hashed(t *schema.Table) (n int) {
	most := 1000 // bytes, of MyISAM
	if strings.EqualFold(t.Engine, "InnoDB") {
		most = 3072
	}
	for i := range t.Indexes {
		if index := &t.Indexes[i]; index.Kind == schema.Unique && (index.Using == "hash" || keyBytes(t, index, most+1) > most) {
			n++
		}
	}
	return n
}

// keyBytes is how long a key's values may be; those of a whole text or blob are endless.
func keyBytes(t *schema.Table, index *schema.Index, endless int) (sum int) {
	for _, p := range index.Parts {
		at := t.Column(p.Column)
		if at < 0 {
			continue
		}
		switch c := &t.Columns[at].Type; {
		case p.Prefix > 0:
			sum += p.Prefix * width(c.Charset)
		case strings.HasSuffix(c.Name, "text") || strings.HasSuffix(c.Name, "blob"):
			sum += endless
		case isText(c.Name) || hasBytes(c.Name):
			sum += c.Length * width(c.Charset)
		}
	}
	return sum
}
