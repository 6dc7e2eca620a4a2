package config

import (
	"fmt"
	"slices"
	"strings"

	"pgchameleon/internal/fault"
	"pgchameleon/internal/mapping"
	"pgchameleon/internal/typemap"
)

const (
	leastMaskKey = 16 // bytes
	makeMaskKey  = "make one with: openssl rand -hex 32"
)

// maskKeyFields are the keys of the file that say where the key of masks is.
func (c *Config) maskKeyFields() []field {
	return []field{
		{name: "mask_key", value: secret{&c.maskKey.text},
			doc: "The key of the mask `hash`: at least 16 bytes of text; make one with `openssl rand -hex 32`. The same key gives the same hash of the same value, so that masked " +
				"columns still join. What the catalogue keeps of masked columns for a while (bounds of chunks, rows of prepared XA transactions) is encrypted under it. It is shown as stars."},
		{name: "mask_key_env", value: text{to: &c.maskKey.variable, what: "the name of a variable"},
			doc: "The environment variable that holds the key, instead of `mask_key`."},
		{name: "mask_key_file", value: file{&c.maskKey.file, "a file"},
			doc: "The file that holds the key and nothing else, instead of `mask_key`."},
	}
}

// checkMaskKey looks at what is known of the key without looking for it. root is the file.
func (c *Config) checkMaskKey(d *decoder, root *node) {
	var given []*entry
	for _, f := range c.maskKeyFields() {
		if e := root.entry(f.name); e != nil && f.value.show() != "" {
			given = append(given, e)
		}
	}
	switch {
	case len(given) > 1:
		at := given[1].key
		d.fail(at.line, at.column, "give one of mask_key, mask_key_env and mask_key_file, not %d", len(given))
	case len(given) == 0 && len(d.hashes) > 0:
		at := d.hashes[0]
		d.fail(at.line, at.column, "the mask hash needs a key: give mask_key, mask_key_env or mask_key_file at the top of the file, and %s", makeMaskKey)
	case len(given) == 1:
		c.maskKey.name, c.maskKey.place = "mask_key", fmt.Sprintf("%s:%d", d.path, given[0].key.line)
		if n := len(c.maskKey.text.Reveal()); n > 0 && n < leastMaskKey {
			at := given[0].value
			d.fail(at.line, at.column, "mask_key has %d bytes, and needs %d: %s", n, leastMaskKey, makeMaskKey)
		}
	}
}

// findMaskKey looks the key up.
func (c *Config) findMaskKey() ([]byte, error) {
	key, err := c.maskKey.find(c.env)
	if err != nil {
		return nil, err
	}
	text := key.Reveal()
	if len(text) < leastMaskKey {
		return nil, fault.New(fault.Config, makeMaskKey, "%s: the key of the mask hash, %s, has %d bytes, and needs %d", c.maskKey.place, c.maskKey, len(text), leastMaskKey)
	}
	return []byte(text), nil
}

// masks gives the source's masks with their key, which is looked up if there are any.
func (s *Source) masks() (list []mapping.Masking, key []byte, err error) {
	list = slices.Clone(s.Masks)
	if len(list) == 0 || s.config.maskKey.place == "" { // without a place there is no hash either
		return list, nil, nil
	}
	if key, err = s.config.findMaskKey(); err != nil {
		return nil, nil, err
	}
	for i := range list {
		if list[i].Mask.Kind == typemap.MaskHash {
			list[i].Mask = list[i].Mask.WithKey(key)
		}
	}
	return list, key, nil
}

func (s *Source) readMasks(d *decoder, key string, n *node) {
	s.Masks = nil
	d.eachColumn(key, n, "hash, null, fixed(text) or keep_first(number)", func(pattern, word string, at *node) error {
		mask, err := typemap.ParseMask(word)
		if err != nil {
			return withNear(err, word, "hash", "null", "fixed", "keep_first")
		}
		if mask.Kind == typemap.MaskHash {
			d.hashes = append(d.hashes, at)
		}
		s.Masks = append(s.Masks, mapping.Masking{Column: pattern, Mask: mask})
		return nil
	})
}

func (s *Source) showMasks() string {
	var all []string
	for _, m := range s.Masks {
		all = append(all, m.Column+" → "+m.Mask.String())
	}
	return strings.Join(all, "; ")
}

func (s *Source) readCollations(d *decoder, key string, n *node) {
	s.Collations = nil
	d.eachColumn(key, n, "exact, citext or icu", func(pattern, word string, _ *node) error {
		collation, err := typemap.ParseCollation(word)
		if err != nil {
			return withNear(err, word, "exact", "citext", "icu")
		}
		s.Collations = append(s.Collations, mapping.Collating{Column: pattern, Collation: collation})
		return nil
	})
}

func (s *Source) showCollations() string {
	var all []string
	for _, c := range s.Collations {
		all = append(all, c.Column+" → "+c.Collation.String())
	}
	return strings.Join(all, "; ")
}

// eachColumn walks over keys that are patterns of columns, each with one word.
func (d *decoder) eachColumn(key string, n *node, what string, do func(pattern, word string, at *node) error) {
	d.each(key, n, func(e entry) {
		if err := columnPattern(e.key.text); err != nil {
			d.fail(e.key.line, e.key.column, "%s: %v", key, err)
			return
		}
		owner := key + " of " + e.key.text
		if word, ok := d.word(owner, e.value, what); ok {
			if err := do(e.key.text, word, e.value); err != nil {
				d.fail(e.value.line, e.value.column, "%s: %v", owner, err)
			}
		}
	})
}

// withNear tells the word that was probably meant.
func withNear(err error, word string, known ...string) error {
	name, _, _ := strings.Cut(word, "(")
	if near := Nearest(name, known); near != "" && near != name {
		return fmt.Errorf("%w; did you mean %q?", err, near)
	}
	return err
}
