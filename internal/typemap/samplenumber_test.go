package typemap_test

import (
	"encoding/binary"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"pgregory.net/rapid"

	"pgchameleon/internal/schema"
)

// floats round trip: the field has the same bits.
func floats(t *rapid.T) sample {
	if rapid.Bool().Draw(t, "single") {
		return sample{column: schema.Column{Type: schema.Type{Name: "float", Precision: 12, Scale: -1}}, typ: 4, meta: 4, value: func(t *rapid.T) value {
			bits := rapid.Uint32().Draw(t, "bits")
			if bits&0x7f800000 == 0x7f800000 { // neither NaN nor infinity
				bits &^= 0x40000000
			}
			f := math.Float32frombits(bits)
			v := value{image: binary.LittleEndian.AppendUint32(nil, bits), text: strconv.AppendFloat(nil, float64(f), 'g', 17, 64), field: strconv.FormatFloat(float64(f), 'g', -1, 32)}
			v.same = func(_, field string) bool {
				back, err := strconv.ParseFloat(field, 32)
				return err == nil && math.Float32bits(float32(back)) == bits && field == v.field
			}
			return v
		}}
	}
	return sample{column: schema.Column{Type: schema.Type{Name: "double", Scale: -1}}, typ: 5, meta: 8, value: func(t *rapid.T) value {
		bits := rapid.Uint64().Draw(t, "bits")
		if bits&0x7ff0000000000000 == 0x7ff0000000000000 {
			bits &^= 0x4000000000000000
		}
		f := math.Float64frombits(bits)
		v := value{image: binary.LittleEndian.AppendUint64(nil, bits), text: strconv.AppendFloat(nil, f, 'e', 16, 64)}
		v.same = func(_, field string) bool {
			back, err := strconv.ParseFloat(field, 64)
			return err == nil && math.Float64bits(back) == bits
		}
		return v
	}}
}

func bitStrings(t *rapid.T) sample {
	n := rapid.IntRange(1, 64).Draw(t, "bits")
	return sample{column: schema.Column{Type: schema.Type{Name: "bit", Length: n}}, typ: 16, meta: uint16(n/8<<8 | n%8), value: func(t *rapid.T) value {
		number := rapid.Uint64Max(math.MaxUint64>>(64-n)).Draw(t, "number")
		image := binary.BigEndian.AppendUint64(nil, number)[8-(n+7)/8:]
		field := fmt.Sprintf("%0*b", n, number)
		if n == 1 {
			field = map[string]string{"0": "f", "1": "t"}[field]
		}
		return value{image: image, text: image, field: field}
	}}
}

func years(t *rapid.T) sample {
	return sample{column: schema.Column{Type: schema.Type{Name: "year"}}, typ: 13, value: func(t *rapid.T) value {
		b := rapid.Byte().Draw(t, "year")
		year := 0
		if b > 0 {
			year = 1900 + int(b)
		}
		return value{image: []byte{b}, text: fmt.Appendf(nil, "%04d", year), field: fmt.Sprint(year)}
	}}
}

// drawDay gives a day of the years 1 to 9999, or what only MySQL has for a date, which is loose.
func drawDay(t *rapid.T) (year, month, day int, loose bool) {
	if rapid.IntRange(0, 9).Draw(t, "odd") == 0 {
		return rapid.IntRange(0, 9999).Draw(t, "year"), rapid.IntRange(0, 12).Draw(t, "month"), rapid.IntRange(0, 31).Draw(t, "day"), true
	}
	at := time.Date(1, 1, 1+rapid.IntRange(0, 3652058).Draw(t, "day"), 0, 0, 0, 0, time.UTC)
	return at.Year(), int(at.Month()), at.Day(), false
}

func dates(t *rapid.T) sample {
	typ := rapid.SampledFrom([]byte{10, 14}).Draw(t, "wire type")
	return sample{column: schema.Column{NotNull: rapid.Bool().Draw(t, "not null"), Type: schema.Type{Name: "date"}}, typ: typ, value: func(t *rapid.T) value {
		year, month, day, loose := drawDay(t)
		text := fmt.Sprintf("%04d-%02d-%02d", year, month, day)
		return value{image: binary.LittleEndian.AppendUint32(nil, uint32(year*512+month*32+day))[:3], text: []byte(text), field: text, loose: loose}
	}}
}

// fraction gives some digits of a second, as text with the point and as the whole bytes
// that two digits each take.
func fraction(t *rapid.T, scale int) (text string, micros int, image []byte) {
	if scale == 0 {
		return "", 0, nil
	}
	unit := int(math.Pow10(6 - scale))
	micros = rapid.IntRange(0, 999999).Draw(t, "micros") / unit * unit
	bytes := (scale + 1) / 2
	stored := micros / int(math.Pow10(6-2*bytes))
	for i := bytes - 1; i >= 0; i-- {
		image = append(image, byte(stored>>(8*i)))
	}
	return fmt.Sprintf(".%06d", micros)[:1+scale], micros, image
}

// temporal is a column of a type with fractional seconds, in the old format or the new one.
func temporal(t *rapid.T, name string, oldType, newType byte) (s sample, scale int, old bool) {
	scale = rapid.IntRange(0, 6).Draw(t, "scale")
	old = scale == 0 && rapid.Bool().Draw(t, "old")
	s = sample{column: schema.Column{NotNull: rapid.Bool().Draw(t, "not null"), Type: schema.Type{Name: name, Scale: scale, Text: fmt.Sprintf("%s(%d)", name, scale)}}, typ: newType, meta: uint16(scale)}
	if old {
		s.typ = oldType
	}
	return s, scale, old
}

func datetimes(t *rapid.T) sample {
	s, scale, old := temporal(t, "datetime", 12, 18)
	s.value = func(t *rapid.T) value {
		year, month, day, loose := drawDay(t)
		second := rapid.IntRange(0, 86399).Draw(t, "second")
		digits, _, behind := fraction(t, scale)
		clock := fmt.Sprintf("%02d:%02d:%02d", second/3600, second/60%60, second%60)
		text := fmt.Sprintf("%04d-%02d-%02d %s%s", year, month, day, clock, digits)
		v := value{text: []byte(text), field: text, loose: loose}
		if old {
			number, _ := strconv.ParseUint(strings.NewReplacer("-", "", ":", "", " ", "").Replace(text), 10, 64)
			v.image = binary.LittleEndian.AppendUint64(nil, number)
			return v
		}
		number := uint64(1)<<39 | uint64(year*13+month)<<22 | uint64(day)<<17 | uint64(second/3600)<<12 | uint64(second/60%60)<<6 | uint64(second%60)
		v.image = append(binary.BigEndian.AppendUint64(nil, number)[3:], behind...)
		return v
	}
	return s
}

func timestamps(t *rapid.T) sample {
	s, scale, old := temporal(t, "timestamp", 7, 17)
	s.value = func(t *rapid.T) value {
		seconds := rapid.Uint32().Draw(t, "seconds")
		digits, micros, behind := fraction(t, scale)
		if micros == 0 { // 0 is the zero date
			seconds = max(seconds, 1)
		}
		text := time.Unix(int64(seconds), 0).UTC().Format("2006-01-02 15:04:05") + digits
		v := value{text: []byte(text), field: text + "+00"}
		if v.image = append(binary.BigEndian.AppendUint32(nil, seconds), behind...); old {
			v.image = binary.LittleEndian.AppendUint32(nil, seconds)
		}
		return v
	}
	return s
}

// clocks are times; those that are no time of the day are loose.
func clocks(t *rapid.T) sample {
	s, scale, old := temporal(t, "time", 11, 19)
	s.value = func(t *rapid.T) value {
		seconds := rapid.IntRange(0, 86399).Draw(t, "seconds")
		loose := rapid.Bool().Draw(t, "no time of the day")
		if loose {
			seconds = rapid.IntRange(0, 838*3600+59*60+58).Draw(t, "seconds")
		}
		digits, micros, _ := fraction(t, scale)
		negative := loose && seconds+micros > 0 && rapid.Bool().Draw(t, "negative")
		hour, minute, second := seconds/3600, seconds/60%60, seconds%60
		text := fmt.Sprintf("%02d:%02d:%02d%s", hour, minute, second, digits)
		number := int64(hour<<12 | minute<<6 | second)
		bytes := (scale + 1) / 2
		packed := number<<(8*bytes) + int64(micros/int(math.Pow10(6-2*bytes)))
		short := int64(hour*10000 + minute*100 + second)
		if negative {
			text, packed, short = "-"+text, -packed, -short
		}
		v := value{text: []byte(text), field: text, loose: loose}
		if old {
			v.image = binary.LittleEndian.AppendUint32(nil, uint32(short))[:3]
			return v
		}
		packed += 0x800000 << (8 * bytes)
		v.image = binary.BigEndian.AppendUint64(nil, uint64(packed))[8-3-bytes:]
		return v
	}
	return s
}
