package typemap_test

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"
)

// randomType makes a column type of one kind and SQL literals of values for it.
type randomType struct {
	only string // servers that have it, by the beginning of their names
	draw func(r *rand.Rand) (def string, literal func() string)
}

var randomTypes = []randomType{
	{"", randomInteger}, {"", randomInteger}, {"", randomDecimal}, {"", randomFloat}, {"", randomDouble}, {"", randomBits}, {"", randomYear},
	{"", randomDate}, {"", randomMoment("datetime", time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC))},
	{"", randomMoment("timestamp", time.Unix(1, 0), time.Unix(math.MaxInt32-1, 0))}, {"", randomClock}, {"", randomText}, {"", randomText}, {"", randomBytes},
	{"", randomEnum}, {"", randomSet}, {"", randomGeometry}, {"mysql-9", randomJSON}, {"mysql-9", randomSQLInJSON}, {"mysql-9 mariadb-11", randomVector},
	{"mariadb", randomUUID}, {"mariadb", randomInet},
}

func randomInteger(r *rand.Rand) (string, func() string) {
	i, unsigned := r.IntN(5), r.IntN(2) == 0
	def, bits := []string{"tinyint", "smallint", "mediumint", "int", "bigint"}[i], []int{8, 16, 24, 32, 64}[i]
	if unsigned {
		def += " unsigned"
	}
	return def, func() string {
		n := r.Uint64() >> (64 - bits)
		switch r.IntN(6) {
		case 0:
			n = math.MaxUint64 >> (64 - bits)
		case 1:
			n = 1 << (bits - 1)
		}
		if unsigned {
			return strconv.FormatUint(n, 10)
		}
		return strconv.FormatInt(int64(n<<(64-bits))>>(64-bits), 10)
	}
}

func randomDecimal(r *rand.Rand) (string, func() string) {
	precision := 1 + r.IntN(65)
	scale := r.IntN(min(precision, 30) + 1)
	return fmt.Sprintf("decimal(%d,%d)", precision, scale), func() string {
		digits := strings.Repeat("0", r.IntN(precision+1))
		for len(digits) < precision {
			digits += strconv.Itoa(r.IntN(10))
		}
		return fmt.Sprintf("'%s%s.%s'", []string{"", "-"}[r.IntN(2)], digits[:precision-scale], digits[precision-scale:])
	}
}

func randomFloat(r *rand.Rand) (string, func() string) {
	return "float", func() string {
		return strconv.FormatFloat(float64(math.Float32frombits(r.Uint32()&^0x40000000)), 'e', -1, 32)
	}
}

func randomDouble(r *rand.Rand) (string, func() string) {
	return "double", func() string {
		return strconv.FormatFloat(math.Float64frombits(r.Uint64()&^0x4000000000000000|uint64(r.IntN(2))<<52), 'e', -1, 64)
	}
}

func randomBits(r *rand.Rand) (string, func() string) {
	n := 1 + r.IntN(64)
	return fmt.Sprintf("bit(%d)", n), func() string { return strconv.FormatUint(r.Uint64()>>(64-n), 10) }
}

func randomYear(r *rand.Rand) (string, func() string) {
	return "year", func() string { return strconv.Itoa([]int{0, 1901 + r.IntN(255)}[min(1, r.IntN(5))]) }
}

func randomDate(r *rand.Rand) (string, func() string) {
	return "date", func() string {
		if r.IntN(6) == 0 {
			return fmt.Sprintf("'%04d-%02d-00'", r.IntN(2)*r.IntN(9999), r.IntN(13))
		}
		return "'" + time.Date(1, 1, 1+r.IntN(3652058), 0, 0, 0, 0, time.UTC).Format("2006-01-02") + "'"
	}
}

func randomMoment(name string, from, to time.Time) func(r *rand.Rand) (string, func() string) {
	return func(r *rand.Rand) (string, func() string) {
		scale := r.IntN(7)
		return fmt.Sprintf("%s(%d)", name, scale), func() string {
			if r.IntN(8) == 0 {
				return "'0000-00-00 00:00:00'"
			}
			at := time.Unix(from.Unix()+r.Int64N(to.Unix()-from.Unix()), 0).UTC().Format("2006-01-02 15:04:05")
			return fmt.Sprintf("'%s%s'", at, fmt.Sprintf(".%06d", r.IntN(1e6))[:1+scale])
		}
	}
}

func randomClock(r *rand.Rand) (string, func() string) {
	scale := r.IntN(7)
	return fmt.Sprintf("time(%d)", scale), func() string {
		if r.IntN(6) == 0 {
			return "'00:00:00'"
		}
		fraction := fmt.Sprintf(".%06d", r.IntN(1e6)*r.IntN(2))[:1+scale]
		return fmt.Sprintf("'%s%d:%02d:%02d%s'", []string{"", "-"}[r.IntN(2)], []int{0, r.IntN(838)}[r.IntN(2)], r.IntN(60), r.IntN(60), fraction)
	}
}

func randomText(r *rand.Rand) (string, func() string) {
	charset := []string{"utf8mb4", "latin1", "utf8", "ucs2", "utf16", "utf32", "gbk", "sjis", "ujis", "big5", "koi8r", "ascii"}[r.IntN(12)]
	def := []string{fmt.Sprintf("char(%d)", 20+r.IntN(200)), fmt.Sprintf("varchar(%d)", 20+r.IntN(200)), "tinytext", "text", "longtext"}[r.IntN(5)]
	letters := []rune("abc \\\t\n\r'\"éßЖя日本한😀.,N")
	return def + " CHARACTER SET " + charset, func() string {
		text := ""
		for range r.IntN(20) {
			text += string(letters[r.IntN(len(letters))])
		}
		return fmt.Sprintf("_utf8mb4 x'%x'", text)
	}
}

func randomBytes(r *rand.Rand) (string, func() string) {
	def := []string{"binary(20)", "varbinary(20)", "varbinary(300)", "tinyblob", "blob", "mediumblob", "longblob"}[r.IntN(7)]
	return def, func() string {
		bytes := make([]byte, r.IntN(21))
		for i := range bytes[:r.IntN(len(bytes)+1)] {
			bytes[i] = byte(r.Uint32())
		}
		return fmt.Sprintf("x'%x'", bytes)
	}
}

func randomMembers(r *rand.Rand, most int) (list string, count int) {
	count = 1 + r.IntN(most)
	members := make([]string, count)
	for i := range members {
		members[i] = fmt.Sprintf("'é %d'", i)
	}
	return strings.Join(members, ","), count
}

func randomEnum(r *rand.Rand) (string, func() string) {
	list, count := randomMembers(r, []int{5, 400}[r.IntN(2)])
	return "enum(" + list + ")", func() string { return strconv.Itoa(r.IntN(count + 1)) }
}

func randomSet(r *rand.Rand) (string, func() string) {
	list, count := randomMembers(r, 64)
	return "set(" + list + ")", func() string { return strconv.FormatUint(r.Uint64()>>(64-count), 10) }
}

func randomGeometry(r *rand.Rand) (string, func() string) {
	return "geometry", func() string {
		x, y := r.NormFloat64()*100, r.NormFloat64()*1e-5
		return fmt.Sprintf("ST_GeomFromText('%s')", []string{
			fmt.Sprintf("POINT(%g %g)", x, y), fmt.Sprintf("LINESTRING(%g %g,1 2,3 4)", x, y), "POLYGON((0 0,0 1,1 1,0 0))",
			fmt.Sprintf("GEOMETRYCOLLECTION(POINT(%g %g),MULTIPOINT(1 2,3 4))", x, y),
		}[r.IntN(4)])
	}
}

func randomJSON(r *rand.Rand) (string, func() string) {
	return "json", func() string {
		text, err := json.Marshal(randomDocument(r, 4))
		if err != nil {
			panic(err)
		}
		return "'" + strings.NewReplacer(`\`, `\\`, `'`, `''`).Replace(string(text)) + "'"
	}
}

func randomDocument(r *rand.Rand, depth int) any {
	switch n := r.IntN(10); {
	case n < 2 && depth > 0:
		list := make([]any, r.IntN(5))
		for i := range list {
			list[i] = randomDocument(r, depth-1)
		}
		return list
	case n < 5 && depth > 0:
		object := map[string]any{}
		for range r.IntN(5) {
			object[strings.Repeat(string(rune('a'+r.IntN(26))), r.IntN(4))+[]string{"", "é", `"\`}[r.IntN(3)]] = randomDocument(r, depth-1)
		}
		return object
	}
	return []any{
		nil, true, r.Int64() >> r.IntN(64), r.Uint64() >> r.IntN(64), "é\"\\\n\x01😀", strings.Repeat("x", r.IntN(200)), "",
		json.RawMessage(strconv.FormatFloat(math.Float64frombits(r.Uint64()&^0x4000000000000000), 'e', -1, 64)), json.RawMessage("1.0"),
	}[r.IntN(9)]
}

func randomSQLInJSON(r *rand.Rand) (string, func() string) {
	return "json", func() string {
		return "json_array(" + []string{
			fmt.Sprintf("cast('%d.%05d' as decimal(20,5))", r.Int32(), r.IntN(1e5)), fmt.Sprintf("cast('-%d.5' as decimal(65,30))", r.Int64()),
			"cast('2020-02-29' as date)", fmt.Sprintf("cast('2020-02-29 01:02:03.%06d' as datetime(6))", r.IntN(1e6)), fmt.Sprintf("cast('-%d:02:03.%06d' as time(6))", r.IntN(800), r.IntN(1e6)),
		}[r.IntN(5)] + ")"
	}
}

func randomVector(r *rand.Rand) (string, func() string) {
	n := 1 + r.IntN(30)
	return fmt.Sprintf("vector(%d)", n), func() string {
		bytes := ""
		for range 4 * n {
			bytes += fmt.Sprintf("%02x", r.IntN(120)) // no NaN
		}
		return "x'" + bytes + "'"
	}
}

func randomUUID(r *rand.Rand) (string, func() string) {
	return "uuid", func() string { return fmt.Sprintf("x'%032x'", r.Uint64N(1<<60)<<r.IntN(4)) }
}

func randomInet(r *rand.Rand) (string, func() string) {
	length := []int{4, 6}[r.IntN(2)]
	return fmt.Sprintf("inet%d", length), func() string {
		if length == 4 {
			return fmt.Sprintf("'%d.%d.%d.0'", 1+r.IntN(255), r.IntN(256), r.IntN(2))
		}
		return fmt.Sprintf("'2001:%x::%x'", r.IntN(65536), r.IntN(3))
	}
}
