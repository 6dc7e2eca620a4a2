package typemap_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"
)

// times are dates and times.
func times(r *rand.Rand) []one {
	list := []one{
		{
			def: "date", sql: "date", values: literals("2024-02-29", "1000-01-01", "9999-12-31", "0000-00-00", "2020-00-10", "2020-01-00", "0001-01-01"),
			want: []string{"2024-02-29", "1000-01-01", "9999-12-31", "NULL", "NULL", "NULL", "0001-01-01"},
		},
		{def: "date NOT NULL", sql: "date", values: literals("0000-00-00", "1969-12-31"), want: []string{"-infinity", "1969-12-31"}},
		{def: "date", override: "text", sql: "text", values: literals("0000-00-00"), want: []string{"0000-00-00"}},
		{def: "date", override: "timestamp", sql: "timestamp without time zone", values: literals("2020-05-06"), want: []string{"2020-05-06 00:00:00"}},
		{def: "datetime NOT NULL", sql: "timestamp(0) without time zone", values: literals("0000-00-00 00:00:00", "9999-12-31 23:59:59"), want: []string{"-infinity", "9999-12-31 23:59:59"}},
		{def: "datetime", override: "date", sql: "date", values: literals("2020-05-06 01:02:03", "0000-00-00"), want: []string{"2020-05-06", "NULL"}},
		{def: "datetime(3)", override: "timestamptz(3)", sql: "timestamp(3) with time zone", values: literals("2020-05-06 01:02:03.004"), want: []string{"2020-05-06 01:02:03.004+00"}},
		{def: "timestamp NULL", sql: "timestamp(0) with time zone", values: literals("1970-01-01 00:00:01", "2038-01-19 03:14:07", "0000-00-00 00:00:00"), want: []string{"1970-01-01 00:00:01+00", "2038-01-19 03:14:07+00", "NULL"}},
		{def: "timestamp(1) NULL", sql: "timestamp(1) with time zone", only: "mariadb", values: literals("1970-01-01 00:00:00.5"), want: []string{"1970-01-01 00:00:00.5+00"}},
		{
			def: "timestamp(3) NULL", sql: "timestamp(3) with time zone", only: "mariadb", values: literals("1970-01-01 00:00:00.5", "0000-00-00 00:00:00"),
			want: []string{"1970-01-01 00:00:00.5+00", "NULL"},
		},
		{
			def: "time", sql: "time(0) without time zone", values: literals("00:00:00", "23:59:59", "24:00:00", "24:00:01", "838:59:59", "-00:00:01"),
			want: []string{"00:00:00", "23:59:59", "24:00:00", "NULL", "NULL", "NULL"},
		},
		{def: "time(2) NOT NULL", sql: "time(2) without time zone", values: literals("-00:00:01.5", "100:00:00.25", "12:34:56.78"), want: []string{"00:00:00", "24:00:00", "12:34:56.78"}},
		{def: "time", override: "interval", sql: "interval", values: literals("838:59:59", "-838:59:59", "00:00:00", "-00:00:01"), want: []string{"838:59:59", "-838:59:59", "00:00:00", "-00:00:01"}},
	}
	for scale := range 7 {
		day := one{def: fmt.Sprintf("datetime(%d)", scale), sql: fmt.Sprintf("timestamp(%d) without time zone", scale)}
		instant := one{def: fmt.Sprintf("timestamp(%d) NULL", scale), sql: fmt.Sprintf("timestamp(%d) with time zone", scale)}
		clock := one{def: fmt.Sprintf("time(%d)", scale), sql: "interval", override: "interval"}
		clock.values = literals("-838:59:59.000000", "838:59:59", "-00:00:00.100000", "-00:00:01.999999", "-12:00:00.000001", "00:00:00.9")
		for range 25 {
			at := time.Unix(r.Int64N(253402300799+62135596800)-62135596800, 0).UTC()
			day.values = append(day.values, fmt.Sprintf("'%s.%06d'", at.Format("2006-01-02 15:04:05"), r.IntN(1e6)/max(1, int(math.Pow10(6-scale)))*int(math.Pow10(6-scale))))
			instant.values = append(instant.values, fmt.Sprintf("'%s.%06d'", time.Unix(1+r.Int64N(1<<31-1), 0).UTC().Format("2006-01-02 15:04:05"), r.IntN(999999)))
			sign := []string{"", "-"}[r.IntN(2)]
			clock.values = append(clock.values, fmt.Sprintf("'%s%d:%02d:%02d.%06d'", sign, r.IntN(838), r.IntN(60), r.IntN(60), r.IntN(1e6)))
		}
		list = append(list, day, instant, clock)
	}
	return list
}
