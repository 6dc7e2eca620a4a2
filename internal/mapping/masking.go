package mapping

import (
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
	switch word := maskWord(mask); {
	case slices.Contains(rowKey, at):
		return fmt.Errorf("the key that tells the table's rows apart has it, and under the mask %s they would be the same; give it the mask hash, or none", word)
	case mask.Kind == typemap.MaskNull:
		return nil // a unique key takes any number of NULLs
	}
	for i := range t.Indexes {
		index := &t.Indexes[i]
		if index.Kind != schema.PrimaryKey && index.Kind != schema.Unique {
			continue
		}
		for _, part := range index.Parts {
			if part.Column != "" && t.Column(part.Column) == at {
				return fmt.Errorf("the unique key %s has it, and under the mask %s different values would be the same; give it the mask hash or null, or none",
					index.Name, maskWord(mask))
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
