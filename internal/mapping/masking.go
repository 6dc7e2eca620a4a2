package mapping

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

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
