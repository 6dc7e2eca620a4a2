package typemap_test

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"pgchameleon/internal/schema"
	"pgchameleon/internal/typemap"
)

// node is a value of a JSON document in MySQL's binary form, with its text.
type node struct {
	typ    byte
	stored []byte
	text   string
}

func jsonColumns(*rapid.T) sample {
	return sample{column: schema.Column{Type: schema.Type{Name: "json"}}, typ: 245, meta: 4, value: func(t *rapid.T) value {
		n := drawNode(t, 4)
		image := append([]byte{n.typ}, n.stored...)
		return value{image: withLength(4, image), text: []byte(n.text), field: escaped(n.text), same: sameDocument}
	}}
}

// sameDocument compares two fields as encoding/json sees them, numbers by their digits.
func sameDocument(a, b string) bool {
	var x, y any
	for field, into := range map[string]*any{a: &x, b: &y} {
		decoder := json.NewDecoder(strings.NewReader(strings.ReplaceAll(field, `\\`, `\`)))
		decoder.UseNumber()
		if decoder.Decode(into) != nil || decoder.More() {
			return false
		}
	}
	return a == b || sameValue(x, y)
}

func sameValue(a, b any) bool {
	switch a := a.(type) {
	case map[string]any:
		other, ok := b.(map[string]any)
		if !ok || len(a) != len(other) {
			return false
		}
		for key, value := range a {
			if there, ok := other[key]; !ok || !sameValue(value, there) {
				return false
			}
		}
		return true
	case []any:
		other, ok := b.([]any)
		return ok && slices.EqualFunc(a, other, sameValue)
	case json.Number:
		other, ok := b.(json.Number)
		x, okX := new(big.Rat).SetString(a.String())
		y, okY := new(big.Rat).SetString(other.String())
		return ok && okX && okY && x.Cmp(y) == 0
	}
	return a == b
}

// drawNode gives a scalar, or a container as long as depth is left.
func drawNode(t *rapid.T, depth int) node {
	if depth == 0 || rapid.Bool().Draw(t, "scalar") {
		return drawScalar(t)
	}
	large := rapid.IntRange(0, 3).Draw(t, "large") == 0
	count := rapid.IntRange(0, 4).Draw(t, "count")
	values := make([]node, count)
	for i := range values {
		values[i] = drawNode(t, depth-1)
	}
	if rapid.Bool().Draw(t, "array") {
		return container(nil, values, false, large)
	}
	keys := rapid.SliceOfNDistinct(rapid.StringMatching(`[a-zé😀"\\\n]{0,5}`), count, count, rapid.ID[string]).Draw(t, "keys")
	slices.SortFunc(keys, func(a, b string) int {
		if len(a) != len(b) {
			return len(a) - len(b)
		}
		return strings.Compare(a, b)
	})
	return container(keys, values, true, large)
}

// container writes an object or array: count and size, entries of keys and of values, keys, values.
func container(keys []string, values []node, object, large bool) node {
	wide := map[bool]int{false: 2, true: 4}[large]
	number := func(n int) []byte { return binary.LittleEndian.AppendUint32(nil, uint32(n))[:wide:wide] }
	at := 2*wide + len(values)*(wide+1) + len(keys)*(wide+2)
	var keyEntries, valueEntries, tail []byte
	var text []string
	for _, key := range keys {
		keyEntries = append(keyEntries, number(at+len(tail))...)
		keyEntries = binary.LittleEndian.AppendUint16(keyEntries, uint16(len(key)))
		tail = append(tail, key...)
	}
	for i, v := range values {
		valueEntries = append(valueEntries, v.typ)
		if v.typ >= 4 && v.typ <= 6 || large && (v.typ == 7 || v.typ == 8) { // literals and short integers stand in the entry itself
			valueEntries = append(valueEntries, append(bytes.Clone(v.stored), 0, 0, 0)[:wide]...)
		} else {
			valueEntries = append(valueEntries, number(at+len(tail))...)
			tail = append(tail, v.stored...)
		}
		if object {
			v.text = quoted(keys[i]) + ": " + v.text
		}
		text = append(text, v.text)
	}
	n := node{text: "[" + strings.Join(text, ", ") + "]", typ: 2}
	if object {
		n.text, n.typ = "{"+strings.Join(text, ", ")+"}", 0
	}
	if large {
		n.typ++
	}
	n.stored = slices.Concat(number(len(values)), number(at+len(tail)), keyEntries, valueEntries, tail)
	return n
}

func quoted(s string) string {
	text, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return string(text)
}

// varied is a length of seven bits a byte.
func varied(b []byte) []byte { return append(binary.AppendUvarint(nil, uint64(len(b))), b...) }

func drawScalar(t *rapid.T) node {
	little := binary.LittleEndian
	switch typ := rapid.ByteRange(4, 13).Draw(t, "type"); typ {
	case 4:
		n := rapid.ByteRange(0, 2).Draw(t, "literal")
		return node{typ, []byte{n}, []string{"null", "true", "false"}[n]}
	case 5:
		n := rapid.Int16().Draw(t, "int16")
		return node{typ, little.AppendUint16(nil, uint16(n)), fmt.Sprint(n)}
	case 6:
		n := rapid.Uint16().Draw(t, "uint16")
		return node{typ, little.AppendUint16(nil, n), fmt.Sprint(n)}
	case 7:
		n := rapid.Int32().Draw(t, "int32")
		return node{typ, little.AppendUint32(nil, uint32(n)), fmt.Sprint(n)}
	case 8:
		n := rapid.Uint32().Draw(t, "uint32")
		return node{typ, little.AppendUint32(nil, n), fmt.Sprint(n)}
	case 9:
		n := rapid.Int64().Draw(t, "int64")
		return node{typ, little.AppendUint64(nil, uint64(n)), fmt.Sprint(n)}
	case 10:
		n := rapid.Uint64().Draw(t, "uint64")
		return node{typ, little.AppendUint64(nil, n), fmt.Sprint(n)}
	case 11:
		f := rapid.Float64().Draw(t, "double")
		if math.IsInf(f, 0) || math.IsNaN(f) {
			f = 0
		}
		text, _ := json.Marshal(f)
		return node{typ, little.AppendUint64(nil, math.Float64bits(f)), string(text)}
	case 12:
		s := rapid.StringOf(rapid.OneOf(rapid.RuneFrom([]rune("\"\\\n\t\r\b\f\x01\x1fé€😀/<")), rapid.Rune())).Filter(func(s string) bool { return !strings.Contains(s, "\x00") }).Draw(t, "string")
		if rapid.IntRange(0, 20).Draw(t, "long") == 0 {
			s += strings.Repeat("long ", 60)
		}
		return node{typ, varied([]byte(s)), quoted(s)}
	}
	return drawOpaque(t)
}

// drawOpaque gives a value of an SQL type inside a document.
func drawOpaque(t *rapid.T) node {
	typ := rapid.SampledFrom([]byte{246, 7, 10, 11, 12, 252, 253, 254, 13, 16, 255}).Draw(t, "SQL type")
	var stored []byte
	var text string
	switch typ {
	case 246:
		precision := rapid.IntRange(1, 65).Draw(t, "precision")
		scale := rapid.IntRange(0, min(precision, 30)).Draw(t, "scale")
		text, stored = drawDecimal(t, precision, scale)
		stored = append([]byte{byte(precision), byte(scale)}, stored...)
	case 7, 10, 12:
		year, month, day, _ := drawDay(t)
		second := rapid.IntRange(0, 86399).Draw(t, "second")
		micros := rapid.IntRange(0, 999999).Draw(t, "micros")
		if text = fmt.Sprintf(`"%04d-%02d-%02d"`, year, month, day); typ == 10 {
			second, micros = 0, 0
		} else {
			text = fmt.Sprintf(`%s %02d:%02d:%02d.%06d"`, text[:11], second/3600, second/60%60, second%60, micros)
		}
		packed := uint64(year*13+month)<<46 | uint64(day)<<41 | uint64(second/3600)<<36 | uint64(second/60%60)<<30 | uint64(second%60)<<24 | uint64(micros)
		stored = binary.LittleEndian.AppendUint64(nil, packed)
	case 11:
		second := rapid.IntRange(0, 838*3600).Draw(t, "second")
		micros := rapid.IntRange(0, 999999).Draw(t, "micros")
		packed := int64(second/3600)<<36 | int64(second/60%60)<<30 | int64(second%60)<<24 | int64(micros)
		text = fmt.Sprintf(`%02d:%02d:%02d.%06d"`, second/3600, second/60%60, second%60, micros)
		if packed > 0 && rapid.Bool().Draw(t, "negative") {
			packed, text = -packed, "-"+text
		}
		text = `"` + text
		stored = binary.LittleEndian.AppendUint64(nil, uint64(packed))
	default:
		stored = drawBytes(t, 300)
		text = fmt.Sprintf(`"base64:type%d:%s"`, typ, base64.StdEncoding.EncodeToString(stored))
	}
	return node{15, append([]byte{typ}, varied(stored)...), text}
}

// TestWideDocument: a document that only the large form holds, of small parts.
func TestWideDocument(t *testing.T) {
	var keys []string
	var values []node
	for i := range 9000 {
		keys = append(keys, fmt.Sprintf("key %04d", i))
		text := fmt.Sprint(i)
		inner := container(nil, []node{{5, []byte{byte(i), byte(i >> 8)}, text}, {12, varied([]byte(text)), quoted(text)}}, false, false)
		values = append(values, inner)
	}
	n := container(keys, values, true, true)
	decode, err := mapped(t, schema.Column{Type: schema.Type{Name: "json"}}).Image(245, 4)
	if err != nil {
		t.Fatal(err)
	}
	field, _, err := decode(nil, withLength(4, append([]byte{n.typ}, n.stored...)), new(typemap.Notes))
	if err != nil || string(field) != n.text {
		t.Errorf("%.200q (%v), want %.200q", field, err, n.text)
	}
}
