package typemap

import (
	"slices"

	"pgchameleon/internal/schema"
)

func binaryFamily(c *schema.Column) family {
	f := family{kind: kindBytes, sql: "bytea", text: plain, finish: hexBytes, why: "The same bytes."}
	if c.Type.Name == "binary" {
		length := c.Type.Length
		if length < 0 {
			length = 1 // MySQL's default
		}
		f.text, f.why = padded(length), "The same bytes, padded with zero bytes to the full length."
	}
	f.value = stringValue(c.Type.Text, f.text)
	return f
}

// padded puts back the zero bytes that row images drop from the end.
func padded(length int) appender {
	return func(dst, src []byte, _ *Notes) ([]byte, error) {
		dst = append(dst, src...)
		for range length - len(src) {
			dst = append(dst, 0)
		}
		return dst, nil
	}
}

// hexBytes writes dst[start:] as COPY wants bytea: \\x and two digits a byte.
func hexBytes(dst []byte, start int, _ *Notes) ([]byte, error) {
	return hexed(dst, start, `\\x`), nil
}

func hexed(dst []byte, start int, prefix string) []byte {
	const digit = "0123456789abcdef"
	n := len(dst) - start
	dst = slices.Grow(dst, n+len(prefix))[:len(dst)+n+len(prefix)]
	to := len(dst) - 1
	for i := start + n - 1; i >= start; i-- {
		b := dst[i]
		dst[to], dst[to-1] = digit[b&15], digit[b>>4]
		to -= 2
	}
	copy(dst[start:], prefix)
	return dst
}
