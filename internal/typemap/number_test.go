package typemap_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
)

// numbers are integers, decimals, floats, bits and years.
func numbers(r *rand.Rand) []one {
	list := []one{
		{def: "tinyint", sql: "smallint", values: []string{"-128", "127", "0", "NULL"}, want: []string{"-128", "127", "0", "NULL"}},
		{def: "tinyint(1) NOT NULL", sql: "smallint", values: []string{"1", "0", "2"}, want: []string{"1", "0", "2"}},
		{def: "tinyint(1)", override: "boolean", sql: "boolean", values: []string{"1", "0", "2", "NULL"}, want: []string{"true", "false", "true", "NULL"}},
		{def: "tinyint unsigned", sql: "smallint", values: []string{"255", "0"}, want: []string{"255", "0"}},
		{def: "smallint", sql: "smallint", values: []string{"-32768", "32767"}, want: []string{"-32768", "32767"}},
		{def: "smallint unsigned", sql: "integer", values: []string{"65535"}, want: []string{"65535"}},
		{def: "mediumint", sql: "integer", values: []string{"-8388608", "8388607", "-1"}, want: []string{"-8388608", "8388607", "-1"}},
		{def: "mediumint unsigned", sql: "integer", values: []string{"16777215"}, want: []string{"16777215"}},
		{def: "int", sql: "integer", values: []string{"-2147483648", "2147483647"}, want: []string{"-2147483648", "2147483647"}},
		{def: "int unsigned", sql: "bigint", values: []string{"4294967295"}, want: []string{"4294967295"}},
		{def: "int(10) unsigned zerofill", sql: "bigint", values: []string{"42", "0"}, want: []string{"42", "0"}},
		{def: "bigint", sql: "bigint", values: []string{"-9223372036854775808", "9223372036854775807"}, want: []string{"-9223372036854775808", "9223372036854775807"}},
		{def: "bigint unsigned", sql: "numeric(20)", values: []string{"18446744073709551615", "0"}, want: []string{"18446744073709551615", "0"}},
		{def: "bigint unsigned", override: "bigint", sql: "bigint", values: []string{"18446744073709551615", "5"}, want: []string{"NULL", "5"}},
		{def: "bigint unsigned NOT NULL", override: "bigint", sql: "bigint", values: []string{"18446744073709551615"}, want: []string{"9223372036854775807"}},
		{def: "int", override: "text", sql: "text", values: []string{"-5"}, want: []string{"-5"}},
		{def: "decimal(10,0)", sql: "numeric(10)", values: []string{"-1234567890", "0"}, want: []string{"-1234567890", "0"}},
		{def: "decimal(5,5)", sql: "numeric(5,5)", values: []string{"-0.00001", "0.99999", "0"}, want: []string{"-0.00001", "0.99999", "0.00000"}},
		{def: "decimal(10,2) unsigned zerofill", sql: "numeric(10,2)", values: []string{"1.5", "0"}, want: []string{"1.50", "0.00"}},
		{def: "decimal(10,2)", override: "integer", sql: "integer", values: []string{"1.50", "-1.49", "99999999.99"}, want: []string{"2", "-1", "100000000"}},
		{def: "decimal(10,2)", override: "numeric(4,1)", sql: "numeric(4,1)", values: []string{"999.94", "999.95", "-1.25"}, want: []string{"999.9", "NULL", "-1.3"}},
		{
			def: "float", sql: "real", values: []string{"0.1", "16777217", "1.17549435e-38", "-3.402823e38", "0", "1e-45", "123456.7", "NULL"},
			want: []string{"0.1", "1.6777216e+07", "1.1754944e-38", "-3.402823e+38", "0", "1e-45", "123456.7", "NULL"},
		},
		{def: "float(7,3)", sql: "real", values: []string{"1234.567", "0"}, want: []string{"1234.567", "0"}},
		{def: "float unsigned", sql: "real", values: []string{"3.5"}, want: []string{"3.5"}},
		{
			def: "double", sql: "double precision", values: []string{"0.1", "1e15", "2.2250738585072014e-308", "-1.7976931348623157e308", "5e-324", "9007199254740993"},
			want: []string{"0.1", "1e+15", "2.2250738585072014e-308", "-1.7976931348623157e+308", "5e-324", "9.007199254740992e+15"},
		},
		{def: "double(20,2)", sql: "double precision", values: []string{"123456789012345.12", "1.1"}, want: []string{"123456789012345.12", "1.1"}},
		{def: "double", override: "numeric", sql: "numeric", values: []string{"1e20", "0.1"}, want: []string{"100000000000000000000", "0.1"}},
		{def: "bit(1)", sql: "boolean", values: []string{"1", "0", "NULL"}, want: []string{"true", "false", "NULL"}},
		{def: "bit(12)", sql: "bit(12)", values: []string{"b'101010101010'", "0", "1"}, want: []string{"101010101010", "000000000000", "000000000001"}},
		{def: "bit(64)", sql: "bit(64)", values: []string{"18446744073709551615", "1"}, want: []string{strings.Repeat("1", 64), strings.Repeat("0", 63) + "1"}},
		{def: "bit(8)", override: "integer", sql: "integer", values: []string{"b'11111111'"}, want: []string{"255"}},
		{def: "year", sql: "smallint", values: []string{"0", "1901", "2155"}, want: []string{"0", "1901", "2155"}},
	}
	for precision := 1; precision <= 65; precision++ {
		scale := r.IntN(min(precision, 30) + 1)
		c := one{def: fmt.Sprintf("decimal(%d,%d)", precision, scale), sql: fmt.Sprintf("numeric(%d,%d)", precision, scale)}
		if scale == 0 {
			c.sql = fmt.Sprintf("numeric(%d)", precision)
		}
		nines := strings.Repeat("9", precision-scale) + "." + strings.Repeat("9", scale)
		c.values = []string{nines, "-" + nines, "0"}
		for range 3 {
			var digit strings.Builder
			for i := range precision {
				if i == precision-scale {
					digit.WriteByte('.')
				}
				digit.WriteByte(byte('0' + r.IntN(10)))
			}
			c.values = append(c.values, digit.String(), "-"+digit.String())
		}
		for i, v := range c.values { // not as double literals
			c.values[i] = "CAST('" + v + "' AS DECIMAL(65,30))"
			if precision > 35 {
				c.values[i] = "'" + v + "'"
			}
		}
		list = append(list, c)
	}
	zero := one{def: "double", sql: "double precision", values: []string{"-0e0", "0"}}
	random := one{def: "double", sql: "double precision", bits: 64}
	small := one{def: "float", sql: "real", bits: 32}
	for range 200 {
		if f := math.Float64frombits(r.Uint64()); !math.IsNaN(f) && !math.IsInf(f, 0) {
			random.values = append(random.values, strconv.FormatFloat(f, 'e', -1, 64))
			random.want = append(random.want, strconv.FormatFloat(f, 'g', -1, 64))
		}
		if f := float64(math.Float32frombits(r.Uint32())); !math.IsNaN(f) && !math.IsInf(f, 0) {
			small.values = append(small.values, strconv.FormatFloat(f, 'e', -1, 64))
			small.want = append(small.want, strconv.FormatFloat(f, 'g', -1, 32))
		}
	}
	return append(list, zero, random, small)
}
