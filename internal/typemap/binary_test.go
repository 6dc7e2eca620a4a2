package typemap_test

import (
	"fmt"
	"math/rand/v2"
)

// binaries are strings of bytes.
func binaries(r *rand.Rand) []one {
	random := make([]byte, 300)
	for i := range random {
		random[i] = byte(r.Uint32())
	}
	hex := fmt.Sprintf("%x", random)
	list := []one{
		{def: "binary(4)", sql: "bytea", values: []string{"x'deadbeef'", "x'de000000'", "''", "x'00'"}, want: []string{`\xdeadbeef`, `\xde000000`, `\x00000000`, `\x00000000`}},
		{def: "varbinary(4)", sql: "bytea", values: []string{"x'deadbeef'", "x'de00'", "''"}, want: []string{`\xdeadbeef`, `\xde00`, `\x`}},
		{def: "varbinary(300)", sql: "bytea", values: []string{"x'" + hex + "'"}, want: []string{`\x` + hex}},
		{def: "binary(16)", override: "uuid", sql: "uuid", values: []string{"x'00112233445566778899aabbccddee00'"}, want: []string{"00112233-4455-6677-8899-aabbccddee00"}},
		{def: "blob", override: "text", sql: "text", values: []string{"x'c3a9ff00'"}, want: []string{"é\uFFFD"}},
	}
	for _, size := range []string{"tinyblob", "blob", "mediumblob", "longblob"} {
		list = append(list, one{def: size, sql: "bytea", values: []string{"x'" + hex[:200] + "'", "''", "x'0a5c00'"}, want: []string{`\x` + hex[:200], `\x`, `\x0a5c00`}})
	}
	return list
}
