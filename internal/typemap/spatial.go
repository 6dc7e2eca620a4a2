package typemap

import "pgchameleon/internal/schema"

const (
	maskSRID = 0x20000000 // in the type of EWKB: an SRID follows
	lastSRID = 999999     // PostGIS changes what is beyond

	// How many multiparts and collections PostGIS reads inside each other.
	nesting = 198

	// In hexadecimal digits: an empty collection, for what is no geometry.
	emptyGeometry = "010700000000000000"
)

// The types of WKB.
const (
	wkbPoint           = 1
	wkbLineString      = 2
	wkbPolygon         = 3
	wkbMultiPoint      = 4
	wkbMultiLineString = 5
	wkbMultiPolygon    = 6
	wkbCollection      = 7
)

// geometryFamily: both roads give MySQL's own form, the SRID in four bytes and then
// WKB. EWKB, which holds the SRID too, is what PostGIS takes as text in
// hexadecimal digits; in bytea it is kept so that a later cast gives the geometry.
// Longitude comes before latitude in MySQL's own form, as PostGIS wants it, whatever
// order MySQL's functions show.
func geometryFamily(c *schema.Column, options Options) family {
	f := family{kind: kindGeometry, sql: "bytea", text: ewkb, why: "Without PostGIS: EWKB, that is WKB with the SRID, which `::geometry` reads once PostGIS is there."}
	f.finish = hexBytes
	if options.PostGIS {
		f.sql, f.finish = "geometry", postGIS(c.NotNull)
		f.why = "The same geometry with its SRID; of geographic ones longitude first, which MySQL's functions show second. " +
			"An SRID beyond 999999 becomes 0; what is no geometry, NULL or GEOMETRYCOLLECTION EMPTY."
	}
	f.value = only("geometry", wireGeometry, ewkb)
	return f
}

// ewkb writes the bytes little-endian, as the servers read them even where they stored
// another byte order mark. What is too short to be a geometry stays as it is:
// a NOT NULL column can hold the empty string.
func ewkb(dst, src []byte, _ *Notes) ([]byte, error) {
	if len(src) < 9 {
		return append(dst, src...), nil
	}
	dst = append(append(dst, 1), src[5:9]...)
	if little(src[:4]) != 0 {
		dst[len(dst)-1] |= maskSRID >> 24
		dst = append(dst, src[:4]...)
	}
	return append(dst, src[9:]...), nil
}

// postGIS writes EWKB as PostGIS' type reads it. PostGIS takes rings that are not closed
// and lines of one point that way, but no damaged value.
func postGIS(notNull bool) finisher {
	return func(dst []byte, start int, notes *Notes) ([]byte, error) {
		if _, ok := geometry(dst[start:], 0, 0); !ok {
			notes.Add(OutOfRange)
			return null(dst[:start], notNull, emptyGeometry), nil
		}
		if head := dst[start:]; head[4]&(maskSRID>>24) != 0 && little(head[5:9]) > lastSRID {
			notes.Add(OutOfRange)
			head[4] &^= maskSRID >> 24
			dst = append(dst[:start+5], head[9:]...)
		}
		return hexed(dst, start, ""), nil
	}
}

// geometry steps over the geometry that value begins with, in which it sets the byte order
// mark. It lies in depth others and is of the type only, unless that is 0. It is not ok
// where PostGIS would not read it.
func geometry(value []byte, depth int, only uint64) (rest []byte, ok bool) {
	if len(value) < 5 {
		return nil, false
	}
	value[0] = 1
	typ := little(value[1:5])
	value = value[5:]
	if depth == 0 && typ&maskSRID != 0 {
		typ &^= maskSRID
		if value, ok = past(value, 4); !ok {
			return nil, false
		}
	}
	if only != 0 && typ != only {
		return nil, false
	}
	switch typ {
	case wkbPoint:
		return past(value, 16)
	case wkbLineString:
		return points(value)
	case wkbPolygon:
		return several(value, points)
	case wkbMultiPoint, wkbMultiLineString, wkbMultiPolygon, wkbCollection:
		if depth >= nesting {
			return nil, false
		}
		inner := typ - wkbMultiPoint + wkbPoint
		if typ == wkbCollection {
			inner = 0
		}
		return several(value, func(value []byte) ([]byte, bool) { return geometry(value, depth+1, inner) })
	}
	return nil, false
}

// several steps over a number and as many parts.
func several(value []byte, one func([]byte) ([]byte, bool)) (rest []byte, ok bool) {
	rest, ok = past(value, 4)
	if !ok {
		return nil, false
	}
	for n := little(value[:4]); n > 0 && ok; n-- {
		rest, ok = one(rest)
	}
	return rest, ok
}

// points steps over a number and as many points.
func points(value []byte) (rest []byte, ok bool) {
	if rest, ok = past(value, 4); !ok {
		return nil, false
	}
	return past(rest, 16*little(value[:4]))
}

func past(value []byte, size uint64) (rest []byte, ok bool) {
	if uint64(len(value)) < size {
		return nil, false
	}
	return value[size:], true
}
