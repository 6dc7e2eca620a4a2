package typemap_test

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"net/netip"
	"strconv"
	"strings"

	"pgregory.net/rapid"

	"pgchameleon/internal/schema"
)

// sparse gives bytes of which the last ones are often zero, and the same without those.
func sparse(t *rapid.T, length int) (all, stored []byte) {
	all = rapid.SliceOfN(rapid.Byte(), length, length).Draw(t, "bytes")
	clear(all[rapid.IntRange(0, length).Draw(t, "zeros from"):])
	return all, bytes.TrimRight(all, "\x00")
}

func uuids(*rapid.T) sample {
	return sample{column: schema.Column{Type: schema.Type{Name: "uuid"}}, typ: 254, meta: 254<<8 | 16, value: func(t *rapid.T) value {
		all, stored := sparse(t, 16)
		text := fmt.Sprintf("%x-%x-%x-%x-%x", all[:4], all[4:6], all[6:8], all[8:10], all[10:])
		return value{image: withLength(1, stored), text: []byte(text), field: text}
	}}
}

func inets(t *rapid.T) sample {
	length := rapid.SampledFrom([]int{4, 16}).Draw(t, "length")
	name := map[int]string{4: "inet4", 16: "inet6"}[length]
	return sample{column: schema.Column{Type: schema.Type{Name: name}}, typ: 254, meta: uint16(254<<8 | length), value: func(t *rapid.T) value {
		all, stored := sparse(t, length)
		address, _ := netip.AddrFromSlice(all)
		text := address.String()
		if length == 16 && rapid.Bool().Draw(t, "in full") {
			text = address.StringExpanded()
		}
		return value{image: withLength(1, stored), text: []byte(text), field: address.String()}
	}}
}

// geometries are EWKB in bytea.
func geometries(t *rapid.T) sample {
	name := rapid.SampledFrom([]string{"geometry", "point", "multipolygon", "geometrycollection"}).Draw(t, "type")
	return sample{column: schema.Column{Type: schema.Type{Name: name}}, typ: 255, meta: 4, value: func(t *rapid.T) value {
		order := binary.LittleEndian
		mark := rapid.ByteRange(0, 1).Draw(t, "mark of the byte order") // which the servers do not look at
		srid := rapid.Uint32().Draw(t, "srid")
		typ, body := drawGeometry(t, order, mark, 3)
		image := append(order.AppendUint32(append(order.AppendUint32(nil, srid), mark), typ), body...)
		ewkb := append(order.AppendUint32([]byte{1}, typ), body...)
		if srid != 0 {
			ewkb = append(order.AppendUint32(order.AppendUint32([]byte{1}, typ|0x20000000), srid), body...)
		}
		return value{image: withLength(4, image), text: image, field: `\\x` + hex.EncodeToString(ewkb)}
	}}
}

// drawGeometry gives a geometry's type and what follows it.
func drawGeometry(t *rapid.T, order binary.AppendByteOrder, first byte, depth int) (typ uint32, body []byte) {
	points := func() {
		count := rapid.Uint32Range(0, 4).Draw(t, "points")
		body = order.AppendUint32(body, count)
		for range 2 * count {
			body = order.AppendUint64(body, math.Float64bits(rapid.Float64().Draw(t, "coordinate")))
		}
	}
	most := uint32(7)
	if depth == 0 {
		most = 3
	}
	switch typ = rapid.Uint32Range(1, most).Draw(t, "geometry"); typ {
	case 1:
		for range 2 {
			body = order.AppendUint64(body, math.Float64bits(rapid.Float64().Draw(t, "coordinate")))
		}
	case 2:
		points()
	case 3:
		count := rapid.Uint32Range(0, 3).Draw(t, "rings")
		body = order.AppendUint32(body, count)
		for range count {
			points()
		}
	default: // of parts; a collection's are of any type
		count := rapid.Uint32Range(0, 3).Draw(t, "parts")
		body = order.AppendUint32(body, count)
		for range count {
			part, inner := drawGeometry(t, order, first, depth-1)
			body = append(order.AppendUint32(append(body, first), part), inner...)
		}
	}
	return typ, body
}

func vectors(t *rapid.T) sample {
	dimensions := rapid.IntRange(1, 60).Draw(t, "dimensions")
	s := sample{column: schema.Column{Type: schema.Type{Name: "vector", Length: dimensions}}, typ: 242, meta: 4}
	width := 4
	if rapid.Bool().Draw(t, "MariaDB") {
		s.typ, s.meta, width = 15, uint16(4*dimensions), 1
	}
	s.value = func(t *rapid.T) value {
		var image []byte
		var text []string
		for range dimensions {
			f := rapid.Float32().Draw(t, "number")
			image = binary.LittleEndian.AppendUint32(image, math.Float32bits(f))
			text = append(text, strconv.FormatFloat(float64(f), 'g', -1, 32))
		}
		return value{image: withLength(width, image), text: image, field: "{" + strings.Join(text, ",") + "}"}
	}
	return s
}
