package typemap

import (
	"bytes"
	"encoding/binary"
	"math"
	"slices"
)

// jsonNode is a value of a binary document that is being changed. Only the objects and
// arrays on the way to a change are opened; all others stay the bytes that they were, so
// their values keep their exact form.
type jsonNode struct {
	typ    byte
	src    []byte      // the bytes from the first on, while it is not opened
	inside *jsonInside // what is in it, once it is opened
}

// jsonInside are the members of an object, in MySQL's order, or the cells of an array.
type jsonInside struct {
	keys   [][]byte // nil for an array
	values []jsonNode
}

// jsonTree is a document with a bound: a damaged one may name the same bytes again and
// again, a real one is no larger than this.
type jsonTree struct {
	root  jsonNode
	limit int // how many values may still be opened
}

func newJSONTree(document []byte, limit int) *jsonTree {
	t := &jsonTree{limit: limit, root: jsonNode{typ: jsonLiteral, src: []byte{0}}} // no bytes are null
	if len(document) > 0 {
		t.root = jsonNode{typ: document[0], src: document[1:]}
	}
	return t
}

// open opens an object or array.
func (t *jsonTree) open(n *jsonNode) error {
	if n.inside != nil {
		return nil
	}
	if n.typ > jsonLargeArray {
		return errDiff
	}
	c, err := openJSON(n.typ, n.src)
	if err != nil {
		return err
	}
	if t.limit -= c.count; t.limit < 0 {
		return errJSON
	}
	inside := &jsonInside{values: make([]jsonNode, c.count)}
	if c.object {
		inside.keys = make([][]byte, c.count)
	}
	for i := range c.count {
		if c.object {
			if inside.keys[i], err = c.key(i); err != nil {
				return err
			}
		}
		if inside.values[i].typ, inside.values[i].src, err = c.value(i); err != nil {
			return err
		}
	}
	n.inside, n.src, n.typ = inside, nil, jsonLargeArray
	if c.object {
		n.typ = jsonLargeObject
	}
	return nil
}

// find gives the place of a leg in an object or array and whether something is there.
func (t *jsonTree) find(n *jsonNode, leg jsonLeg) (inside *jsonInside, at int, found bool, err error) {
	if err := t.open(n); err != nil {
		return nil, 0, false, err
	}
	if (n.typ == jsonLargeObject) != leg.member {
		return nil, 0, false, errDiff
	}
	if leg.member {
		at, found = slices.BinarySearchFunc(n.inside.keys, leg.key, compareKeys)
		return n.inside, at, found, nil
	}
	at, found = leg.cell(len(n.inside.values))
	return n.inside, at, found, nil
}

// compareKeys is MySQL's order of an object's keys: short ones first.
func compareKeys(a, b []byte) int {
	if len(a) != len(b) {
		return len(a) - len(b)
	}
	return bytes.Compare(a, b)
}

// put adds a value.
func (n *jsonInside) put(at int, leg jsonLeg, value jsonNode) {
	if leg.member {
		n.keys = slices.Insert(n.keys, at, leg.key)
	}
	n.values = slices.Insert(n.values, at, value)
}

// drop takes a value away.
func (n *jsonInside) drop(at int, leg jsonLeg) {
	if leg.member {
		n.keys = slices.Delete(n.keys, at, at+1)
	}
	n.values = slices.Delete(n.values, at, at+1)
}

// write appends the value, behind its type if typed, while dst is no longer than the
// limit. What was opened is written in the large form.
func (n *jsonNode) write(dst []byte, limit int, typed bool) ([]byte, error) {
	if typed {
		dst = append(dst, n.typ)
	}
	if n.inside == nil {
		size, err := jsonSize(n.typ, n.src)
		if err != nil || len(dst)+size > limit {
			return dst, errJSON
		}
		return append(dst, n.src[:size]...), nil
	}
	start, count := len(dst), len(n.inside.values)
	keys := start + 8
	entries := keys + 6*len(n.inside.keys)
	head := entries + 5*count
	if head > limit || limit-start > math.MaxUint32 {
		return dst, errJSON
	}
	dst = append(dst, make([]byte, head-start)...)
	for i, key := range n.inside.keys {
		if len(key) > math.MaxUint16 || len(dst)+len(key) > limit {
			return dst, errJSON
		}
		binary.LittleEndian.PutUint32(dst[keys+6*i:], uint32(len(dst)-start))
		binary.LittleEndian.PutUint16(dst[keys+6*i+4:], uint16(len(key)))
		dst = append(dst, key...)
	}
	for i := range n.inside.values {
		value, entry := &n.inside.values[i], entries+5*i
		dst[entry] = value.typ
		if inlineJSON(value.typ, 4) {
			size, err := jsonSize(value.typ, value.src)
			if err != nil {
				return dst, err
			}
			copy(dst[entry+1:entry+5], value.src[:size])
			continue
		}
		binary.LittleEndian.PutUint32(dst[entry+1:], uint32(len(dst)-start))
		var err error
		if dst, err = value.write(dst, limit, false); err != nil {
			return dst, err
		}
	}
	binary.LittleEndian.PutUint32(dst[start:], uint32(count))
	binary.LittleEndian.PutUint32(dst[start+4:], uint32(len(dst)-start))
	return dst, nil
}

// jsonSize is how many bytes the value at src[0] takes.
func jsonSize(typ byte, src []byte) (size int, err error) {
	switch typ {
	case jsonSmallObject, jsonLargeObject, jsonSmallArray, jsonLargeArray:
		c, err := openJSON(typ, src)
		return len(c.src), err
	case jsonString, jsonOpaque:
		head := jsonWidth[typ]
		if len(src) < head {
			return 0, errJSON
		}
		_, used, err := jsonBytes(src[head:])
		return head + used, err
	}
	if int(typ) >= len(jsonWidth) || jsonWidth[typ] == 0 || len(src) < jsonWidth[typ] {
		return 0, errJSON
	}
	return jsonWidth[typ], nil
}
