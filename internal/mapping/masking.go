package mapping

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"pgchameleon/internal/schema"
	"pgchameleon/internal/typemap"
)

// maskable says why a column may not have its mask: a key tells rows apart, and only a hash
// keeps different values different.
func maskable(t *schema.Table, rowKey []int, at int, mask *typemap.Mask) error {
	if mask == nil || mask.Kind == typemap.MaskHash {
		return nil
	}
	word := maskWord(mask)
	if slices.Contains(rowKey, at) {
		return fmt.Errorf("the key that tells the table's rows apart has it, and under the mask %s they would be the same; give it the mask hash, or none", word)
	}
	for i := range t.Indexes {
		index := &t.Indexes[i]
		unique := index.Kind == schema.Unique && mask.Kind != typemap.MaskNull // it takes any number of NULLs
		if index.Kind != schema.PrimaryKey && !unique {
			continue
		}
		for _, part := range index.Parts {
			if part.Column != "" && t.Column(part.Column) == at {
				remedy := map[bool]string{true: "hash or null"}[unique]
				return fmt.Errorf("the key %s has it, and under the mask %s different values would be the same; give it the mask %s, or none", index.Name, word, cmp.Or(remedy, "hash"))
			}
		}
	}
	return nil
}

// maskWord names a mask without the value that it may have.
func maskWord(mask *typemap.Mask) string {
	word, _, _ := strings.Cut(mask.String(), "(")
	return word
}

// Hide takes from a definition what masked columns must not show: their defaults, and the
// bounds of partitions that are made by them. The definition itself is left as it is.
func (r *Rules) Hide(t *schema.Table) *schema.Table {
	if len(r.Masks) == 0 {
		return t
	}
	target, ok := r.Target(t.Schema)
	if !ok {
		return t
	}
	settings := r.settings(&Table{Source: t, Schema: target, Name: Identifier(t.Name.Table)})
	hidden := t
	for i := range t.Columns {
		if c := &t.Columns[i]; c.Default != nil && settings.column(c).Mask != nil {
			if hidden == t {
				hidden = t.Clone()
			}
			hidden.Columns[i].Default = nil
		}
	}
	if t.Partitioning == nil || !slices.ContainsFunc(t.Columns, func(c schema.Column) bool { return divides(t.Partitioning, c.Name) && settings.column(&c).Mask != nil }) {
		return hidden
	}
	if hidden == t {
		hidden = t.Clone()
	}
	for i := range hidden.Partitioning.Parts {
		hidden.Partitioning.Parts[i].Bounds = nil
	}
	return hidden
}

// divides says whether a column tells the partition of rows.
func divides(p *schema.Partitioning, column string) bool {
	return mentions(p.Expr, column) || slices.ContainsFunc(p.Columns, func(name string) bool { return strings.EqualFold(name, column) })
}

// derived says why a generated column may not be shown: it is worked out from a masked
// one, so that its value tells what the mask hides.
func (t *Table) derived() error {
	for _, c := range t.Columns {
		source := &t.Source.Columns[c.Ordinal]
		if source.Generated == nil || c.Map.Masked() {
			continue
		}
		for _, hidden := range t.Columns {
			if hidden.Map.Masked() && mentions(source.Generated.Expr, t.Source.Columns[hidden.Ordinal].Name) {
				return fmt.Errorf("mapping column %s of table %s: it is generated from the masked column %s and would show its values; mask it too",
					source.Name, t.Source.Name, t.Source.Columns[hidden.Ordinal].Name)
			}
		}
	}
	return nil
}

// stale says why a virtual column cannot be followed: the binary log has other values of it
// than the table.
func (t *Table) stale(is bool) error {
	numbered := slices.IndexFunc(t.Source.Columns, func(c schema.Column) bool { return c.AutoIncrement })
	if !is || numbered < 0 {
		return nil
	}
	number := t.Source.Columns[numbered].Name
	for _, c := range t.Columns {
		source := &t.Source.Columns[c.Ordinal]
		if g := source.Generated; g != nil && !g.Stored && !c.Map.Masked() && mentions(g.Expr, number) {
			return fmt.Errorf("mapping column %s of table %s: it is virtual and made of the AUTO_INCREMENT column %s, and this server's binary log does not have its values; drop it on the source, or mask it as null",
				source.Name, t.Source.Name, number)
		}
	}
	return nil
}

// mentions says whether an expression has a name, as a whole word or in quotes.
func mentions(expr, name string) bool {
	expr, name = strings.ToLower(expr), strings.ToLower(name)
	for from := 0; ; {
		at := strings.Index(expr[from:], name)
		if at < 0 {
			return false
		}
		at += from
		before, _ := utf8.DecodeLastRuneInString(expr[:at])
		after, _ := utf8.DecodeRuneInString(expr[at+len(name):])
		if !wordRune(before) && !wordRune(after) {
			return true
		}
		from = at + 1
	}
}

func wordRune(r rune) bool {
	return r == '_' || r == '$' || r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r))
}
