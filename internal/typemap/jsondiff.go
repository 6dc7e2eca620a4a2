package typemap

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
)

// With binlog_row_value_options=PARTIAL_JSON the image after an update holds, in place of
// a document, the list of its changes: operation, path and, unless it removes, the
// new value in the binary form.
const (
	diffReplace = iota
	diffInsert
	diffRemove
)

var errDiff = errors.New("applying a change of a JSON document: it is damaged, or does not fit the document before; copy the table again")

// patchJSON appends a binary document with these changes made, one after another.
func patchJSON(dst, document, diffs []byte) ([]byte, error) {
	bound := len(document) + len(diffs)
	t := newJSONTree(document, bound)
	for len(diffs) > 0 {
		operation := diffs[0]
		path, rest, ok := lengthEncoded(diffs[1:])
		if !ok {
			return dst, errDiff
		}
		var value []byte
		if operation != diffRemove {
			if value, rest, ok = lengthEncoded(rest); !ok || len(value) == 0 {
				return dst, errDiff
			}
		}
		legs, err := readPath(path)
		if err != nil {
			return dst, err
		}
		if err := t.change(operation, legs, value); err != nil {
			return dst, err
		}
		diffs = rest
	}
	// What is opened becomes large, which takes less than twice the bytes.
	return t.root.write(dst, len(dst)+2*bound+64, true)
}

// change makes one change. MySQL never logs one of the whole document, which has no legs.
func (t *jsonTree) change(operation byte, legs []jsonLeg, value []byte) error {
	if len(legs) == 0 {
		return errDiff
	}
	parent, last := &t.root, legs[len(legs)-1]
	for _, leg := range legs[:len(legs)-1] {
		inside, at, found, err := t.find(parent, leg)
		if err != nil {
			return err
		}
		if !found {
			return errDiff
		}
		parent = &inside.values[at]
	}
	inside, at, found, err := t.find(parent, last)
	switch {
	case err != nil:
		return err
	case operation == diffReplace && found:
		inside.values[at] = jsonNode{typ: value[0], src: value[1:]}
	case operation == diffInsert && !(found && last.member):
		inside.put(at, last, jsonNode{typ: value[0], src: value[1:]})
	case operation == diffRemove && found:
		inside.drop(at, last)
	default:
		return errDiff
	}
	return nil
}

// jsonLeg is one step of a path: a member of an object or a cell of an array.
type jsonLeg struct {
	member  bool
	key     []byte
	index   int
	fromEnd bool // index counts from the last cell back
}

// cell gives the place in an array of this length, and whether it is in it. One beyond
// it is its nearest end.
func (l jsonLeg) cell(length int) (at int, found bool) {
	found = l.index < length
	switch {
	case l.fromEnd && found:
		return length - 1 - l.index, true
	case l.fromEnd:
		return 0, false
	}
	return min(l.index, length), found
}

// readPath reads a path as MySQL writes it: $.name."a name"[3][last-1].
func readPath(path []byte) (legs []jsonLeg, err error) {
	if len(path) == 0 || path[0] != '$' {
		return nil, errDiff
	}
	for path = path[1:]; len(path) > 0; {
		if len(legs) == maxJSONDepth {
			return nil, errDiff
		}
		var leg jsonLeg
		switch path[0] {
		case '[':
			leg, path, err = readCell(path[1:])
		case '.':
			leg, path, err = readMember(path[1:])
		default:
			err = errDiff
		}
		if err != nil {
			return nil, err
		}
		legs = append(legs, leg)
	}
	return legs, nil
}

func readCell(path []byte) (leg jsonLeg, rest []byte, err error) {
	text, rest, found := bytes.Cut(path, []byte("]"))
	if !found {
		return leg, nil, errDiff
	}
	if text, leg.fromEnd = bytes.CutPrefix(text, []byte("last")); leg.fromEnd {
		if len(text) == 0 {
			return leg, rest, nil
		}
		if text, found = bytes.CutPrefix(text, []byte("-")); !found {
			return leg, nil, errDiff
		}
	}
	index, err := strconv.ParseUint(string(text), 10, 32)
	if err != nil {
		return leg, nil, errDiff
	}
	leg.index = int(index)
	return leg, rest, nil
}

// readMember reads a name, which is quoted as a JSON string unless it is an identifier.
func readMember(path []byte) (leg jsonLeg, rest []byte, err error) {
	leg.member = true
	if len(path) == 0 || path[0] != '"' {
		end := bytes.IndexAny(path, ".[")
		if end < 0 {
			end = len(path)
		}
		if end == 0 {
			return leg, nil, errDiff
		}
		leg.key = path[:end]
		return leg, path[end:], nil
	}
	for end := 1; end < len(path); end++ {
		switch path[end] {
		case '\\':
			end++
		case '"':
			var key string
			if json.Unmarshal(path[:end+1], &key) != nil {
				return leg, nil, errDiff
			}
			leg.key = []byte(key)
			return leg, path[end+1:], nil
		}
	}
	return leg, nil, errDiff
}

// lengthEncoded gives the bytes behind a length in MySQL's packed form.
func lengthEncoded(src []byte) (value, rest []byte, ok bool) {
	length, rest, ok := packedNumber(src)
	if !ok || length > uint64(len(rest)) {
		return nil, nil, false
	}
	return rest[:length], rest[length:], true
}

// packedNumber reads a number below 251 in one byte, a larger one in 2, 3 or 8 bytes
// behind a mark.
func packedNumber(src []byte) (n uint64, rest []byte, ok bool) {
	if len(src) == 0 {
		return 0, nil, false
	}
	width := 0
	switch src[0] {
	case 252:
		width = 2
	case 253:
		width = 3
	case 254:
		width = 8
	case 251, 255:
		return 0, nil, false
	default:
		return uint64(src[0]), src[1:], true
	}
	if len(src) < 1+width {
		return 0, nil, false
	}
	return little(src[1 : 1+width]), src[1+width:], true
}
