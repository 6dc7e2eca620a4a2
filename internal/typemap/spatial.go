package typemap

import "errors"

var errGeometry = errors.New("reading a geometry: the value is damaged")

// geometryFamily: both roads give MySQL's own form, the SRID in four bytes and then
// WKB. EWKB, which holds the SRID too, is what PostGIS takes as text in
// hexadecimal digits; in bytea it is kept so that a later cast gives the geometry.
//
// A NOT NULL column has values without any bytes where a server made them for rows that
// had none: MariaDB and MySQL 5.6 do when such a column is added.
func geometryFamily(p *policy, options Options) family {
	f := family{kind: kindGeometry, sql: "bytea", text: ewkb, why: "Without PostGIS: EWKB, that is WKB with the SRID, which `::geometry` reads once PostGIS is there."}
	f.finish = hexBytes
	if options.PostGIS {
		f.sql, f.why = "geometry", "The same geometry with its SRID. An empty value becomes NULL, or an empty collection where the column is NOT NULL."
		f.finish = func(dst []byte, start int, notes *Notes) ([]byte, error) {
			if len(dst) == start {
				return p.instead(dst, start, OutOfRange, "010700000000000000", notes)
			}
			return hexed(dst, start, ""), nil
		}
	}
	f.value = only("geometry", wireGeometry, ewkb)
	return f
}

func ewkb(dst, src []byte, _ *Notes) ([]byte, error) {
	const hasSRID = 0x20
	if len(src) == 0 {
		return dst, nil
	}
	if len(src) < 9 || src[4] > 1 {
		return dst, errGeometry
	}
	srid, order, typ := src[:4], src[4], src[5:9]
	number := big(typ)
	if order == 1 {
		number = little(typ)
	}
	if number < 1 || number > 7 { // point to geometry collection; the higher bits are EWKB's
		return dst, errGeometry
	}
	start := len(dst)
	dst = append(append(dst, order), typ...)
	if little(srid) != 0 {
		flag := start + 1 // the type's highest byte
		if order == 1 {
			flag = start + 4
			dst = append(dst, srid...)
		} else {
			dst = append(dst, srid[3], srid[2], srid[1], srid[0])
		}
		dst[flag] |= hasSRID
	}
	return append(dst, src[9:]...), nil
}
