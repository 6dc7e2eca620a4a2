package config

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// text is any single value.
type text struct {
	to    *string
	what  string
	empty bool // no value at all is an empty one
}

func (v text) read(d *decoder, key string, n *node) {
	if v.empty && n.kind == null {
		*v.to = ""
	} else if s, ok := d.scalar(key, n, v.takes()); ok {
		*v.to = s
	}
}
func (v text) show() string { return *v.to }
func (v text) takes() string {
	if v.what != "" {
		return v.what
	}
	return "text"
}

// file is a path; see decoder.file.
type file struct {
	to   *string
	what string
}

func (v file) read(d *decoder, key string, n *node) {
	s, ok := d.scalar(key, n, v.takes())
	switch {
	case !ok:
	case s == "":
		*v.to = ""
	default:
		*v.to = d.file(s)
	}
}
func (v file) show() string  { return *v.to }
func (v file) takes() string { return v.what }

// secret is a password; its text is in no message.
type secret struct{ to *Secret }

func (v secret) read(d *decoder, key string, n *node) {
	switch n.kind {
	case scalar:
		*v.to = NewSecret(n.text)
	case null:
		*v.to = Secret{}
	default:
		d.fail(n.line, n.column, "%s must be text, not %s", key, n.kind)
	}
}
func (v secret) show() string  { return v.to.String() }
func (v secret) takes() string { return "text" }

// choice is one of some words.
type choice struct {
	to    *string
	words []string
}

func (v choice) read(d *decoder, key string, n *node) {
	s, ok := d.scalar(key, n, v.takes())
	switch {
	case !ok:
	case slices.Contains(v.words, strings.ToLower(s)):
		*v.to = strings.ToLower(s)
	default:
		near := ""
		if word := Nearest(s, v.words); word != "" {
			near = fmt.Sprintf("; did you mean %q?", word)
		}
		d.fail(n.line, n.column, "%s must be %s, not %s%s", key, v.takes(), n.describe(), near)
	}
}
func (v choice) show() string  { return *v.to }
func (v choice) takes() string { return alternatives(v.words) }

// alternatives lists words of which one is taken.
func alternatives(words []string) string {
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " or " + words[last]
}

// truth is yes or no.
type truth struct{ to *bool }

func (v truth) read(d *decoder, key string, n *node) {
	if s, ok := d.scalar(key, n, v.takes()); ok {
		yes, err := parseBool(s)
		if err != nil {
			d.fail(n.line, n.column, "%s %v", key, err)
		}
		*v.to = yes
	}
}
func (v truth) show() string {
	if *v.to {
		return "yes"
	}
	return "no"
}
func (v truth) takes() string { return "yes or no" }

// number is a whole number within bounds; it may be quoted, as ports are in
// pg_chameleon's files.
type number[T int | uint16 | uint32] struct {
	to          *T
	least, most int64
	unset       string // how 0 is shown, where 0 means that none is given
}

func (v number[T]) read(d *decoder, key string, n *node) {
	s, ok := d.scalar(key, n, v.takes())
	if !ok {
		return
	}
	i, err := strconv.ParseInt(strings.TrimSpace(s), 10, 64)
	if err != nil || i < v.least || i > v.most {
		d.fail(n.line, n.column, "%s must be %s, not %s", key, v.takes(), n.describe())
		return
	}
	*v.to = T(i)
}
func (v number[T]) show() string {
	if *v.to == 0 && v.unset != "" {
		return v.unset
	}
	return strconv.FormatInt(int64(*v.to), 10)
}
func (v number[T]) takes() string {
	return fmt.Sprintf("a whole number from %d to %d", v.least, v.most)
}

// size is a number of bytes.
type size struct {
	to    *Size
	least Size
}

func (v size) read(d *decoder, key string, n *node) {
	s, ok := d.scalar(key, n, v.takes())
	if !ok {
		return
	}
	bytes, err := parseSize(s)
	switch {
	case err != nil:
		d.fail(n.line, n.column, "%s %v", key, err)
	case bytes < v.least:
		d.fail(n.line, n.column, "%s must be at least %s, not %s", key, v.least, n.describe())
	default:
		*v.to = bytes
	}
}
func (v size) show() string  { return v.to.String() }
func (v size) takes() string { return "a size such as 300M" }

// span is a span of time.
type span struct {
	to   *Duration
	bare time.Duration // the unit of a number without one
	most time.Duration
}

func (v span) read(d *decoder, key string, n *node) {
	s, ok := d.scalar(key, n, v.takes())
	if !ok {
		return
	}
	duration, err := parseDuration(s, v.bare)
	switch {
	case err != nil:
		d.fail(n.line, n.column, "%s %v", key, err)
	case v.most > 0 && time.Duration(duration) > v.most:
		d.fail(n.line, n.column, "%s must be at most %s, not %s", key, Duration(v.most), n.describe())
	default:
		*v.to = duration
	}
}
func (v span) show() string  { return v.to.String() }
func (v span) takes() string { return "a span of time such as 120s" }

// names is a list of names; nothing at all is the empty list, and one name
// need not be a list.
type names struct {
	to    *[]string
	what  string
	check func(string) error // nil: all that is not empty
}

func (v names) read(d *decoder, key string, n *node) {
	items := n.items
	switch n.kind {
	case null:
		*v.to = nil
		return
	case scalar:
		items = []*node{n}
	case dictionary:
		d.fail(n.line, n.column, "%s must be %s, not %s", key, v.what, n.describe())
		return
	}
	list := make([]string, 0, len(items))
	for _, item := range items {
		switch {
		case item.kind != scalar || item.text == "":
			d.fail(item.line, item.column, "%s must be %s, not %s", key, v.what, item.describe())
			continue
		case v.check != nil:
			if err := v.check(item.text); err != nil {
				d.fail(item.line, item.column, "%s: %v", key, err)
				continue
			}
		}
		list = append(list, item.text)
	}
	*v.to = list
}
func (v names) show() string  { return strings.Join(*v.to, ", ") }
func (v names) takes() string { return v.what }

// keys is a value that has keys of its own.
type keys struct {
	fields []field
	what   string
	owner  string // how messages name it; "": by its key
}

func (v keys) read(d *decoder, key string, n *node) {
	if v.owner != "" {
		key = v.owner
	}
	d.dictionary(n, key, v.fields)
}
func (v keys) show() string  { return "" }
func (v keys) takes() string { return v.what }

// custom is a value that its owner reads.
type custom struct {
	reads  func(d *decoder, key string, n *node)
	shows  func() string
	accept string
}

func (v custom) read(d *decoder, key string, n *node) { v.reads(d, key, n) }
func (v custom) show() string                         { return v.shows() }
func (v custom) takes() string                        { return v.accept }
