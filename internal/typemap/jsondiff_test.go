package typemap_test

import (
	"encoding/binary"
	"strings"
	"testing"

	"pgchameleon/internal/schema"
	"pgchameleon/internal/typemap"
)

// oneDocument decodes updates of a table whose only column is JSON.
func oneDocument(t testing.TB) *typemap.RowDecoder {
	t.Helper()
	columns := asText(t, []schema.Column{{Name: "doc", Type: schema.Type{Name: "json", Text: "json"}}})
	d, err := typemap.NewRowDecoder(columns, []int{0}, []byte{245}, []uint16{4})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// patched applies changes to a binary document.
func patched(d *typemap.RowDecoder, document, changes []byte) (string, error) {
	image := func(head string, value []byte) typemap.Image {
		data := binary.LittleEndian.AppendUint32([]byte(head), uint32(len(value)))
		return typemap.Image{Present: []byte{1}, Data: append(data, value...)}
	}
	line, _, err := d.Updated(nil, image("\x00", document), image("\x01\x01\x00", changes), make([]typemap.Notes, 1))
	return string(line), err
}

// change encodes one: the operation, the path and the value, which are short.
func change(operation byte, path, value string) string {
	text := string([]byte{operation, byte(len(path))}) + path
	if operation != 2 {
		text += string([]byte{byte(len(value))}) + value
	}
	return text
}

const (
	replace, insert, remove = 0, 1, 2

	// {"a": [1, true], "b": {}} as small objects and arrays.
	small = "\x00\x02\x00\x28\x00" + "\x12\x00\x01\x00\x13\x00\x01\x00" + "\x02\x14\x00\x00\x1e\x00" + "ab" + "\x02\x00\x0a\x00\x05\x01\x00\x04\x01\x00" + "\x00\x00\x04\x00" + "\x00\x00\x00\x00\x00\x00"
	null  = "\x04\x00"
)

func TestJSONChanges(t *testing.T) {
	d := oneDocument(t)
	for _, c := range []struct{ story, document, changes, want string }{
		{"no change", small, "", `{"a": [1, true], "b": {}}`},
		{"cells", small, change(replace, "$.a[0]", null) + change(insert, "$.a[2]", "\x0c\x01x") + change(remove, "$.a[1]", ""), `{"a": [null, "x"], "b": {}}`},
		{"cells from the end", small, change(replace, "$.a[last]", null) + change(insert, "$.a[last-1]", "\x05\xff\xff"), `{"a": [-1, 1, null], "b": {}}`},
		{"a cell beyond the end", small, change(insert, "$.a[77]", null), `{"a": [1, true, null], "b": {}}`},
		{"the order of keys", small, change(insert, "$.aa", null) + change(insert, `$."\u0041"`, null) + change(insert, "$.b.z", null) + change(insert, `$.b."y\n"`, null),
			`{"A": null, "a": [1, true], "b": {"z": null, "y\\n": null}, "aa": null}`},
		{"removed and added", small, change(remove, "$.a", "") + change(insert, "$.a", "\x04\x02"), `{"a": false, "b": {}}`},
		{"into what was added", small, change(replace, "$.b", small) + change(remove, "$.b.b", "") + change(replace, "$.b.a[1]", small), `{"a": [1, true], "b": {"a": [1, {"a": [1, true], "b": {}}]}}`},

		{"the whole", small, change(replace, "$", null), ""},
		{"a cell that is not there", small, change(replace, "$.a[2]", null), ""},
		{"a cell before the first", small, change(remove, "$.a[last-2]", ""), ""},
		{"a member that is not there", small, change(remove, "$.c", ""), ""},
		{"a member that is there", small, change(insert, "$.a", null), ""},
		{"a parent that is not there", small, change(insert, "$.c.d", null), ""},
		{"a member of an array", small, change(insert, "$.a.b", null), ""},
		{"a cell of an object", small, change(insert, "$.b[0]", null), ""},
		{"a member of a number", small, change(insert, "$.a[0].x", null), ""},
		{"no document", "", change(replace, "$.a", null), ""},
		{"an operation", small, "\x03\x03$.a", ""},
		{"an empty path", small, "\x02\x00", ""},
		{"no value", small, "\x00\x03$.a", ""},
		{"an empty value", small, "\x00\x03$.a\x00", ""},
		{"a value that is cut", small, change(replace, "$.a", "\x0c\x05x"), ""},
		{"a value of no type", small, change(replace, "$.a", "\x0d\x00\x00\x00\x00"), ""},
		{"a length without an end", small, "\x00\xfc\x03", ""},
		{"a length of NULL", small, "\x00\xfb", ""},
		{"a length beyond all", small, "\x00\xfe\xff\xff\xff\xff\xff\xff\xff\xff", ""},
		{"a path without its root", small, change(remove, "a", ""), ""},
		{"a path of two names", small, change(remove, "$a", ""), ""},
		{"a path with an empty name", small, change(remove, "$.a.", ""), ""},
		{"a path with an open cell", small, change(remove, "$.a[0", ""), ""},
		{"a path with an open quote", small, change(remove, `$."a\"`, ""), ""},
		{"a path with a bad escape", small, change(remove, `$."\x"`, ""), ""},
		{"a path with a wildcard", small, change(remove, "$.a[*]", ""), ""},
		{"a path with a range", small, change(remove, "$.a[0 to 1]", ""), ""},
		{"a path with a negative cell", small, change(remove, "$.a[-1]", ""), ""},
		{"a path with a cell beyond the last", small, change(remove, "$.a[last+1]", ""), ""},
		{"a path too deep", small, change(remove, "$"+strings.Repeat("[0]", 120/3*2), "") + change(remove, "$"+strings.Repeat(".a", 120), ""), ""},
	} {
		got, err := patched(d, []byte(c.document), []byte(c.changes))
		if got != c.want || (err == nil) != (c.want != "") {
			t.Errorf("%s: %q (%v), want %q", c.story, got, err, c.want)
		}
		if err != nil && !strings.Contains(err.Error(), "column doc") {
			t.Errorf("%s: the error does not name the column: %v", c.story, err)
		}
	}
}

// A document that contains itself is no reason to go on for ever.
func TestAJSONDocumentInsideItself(t *testing.T) {
	d := oneDocument(t)
	const loop = "\x02\x02\x00\x0a\x00\x02\x00\x00\x02\x00\x00" // an array of two cells, each of them itself
	for _, path := range []string{"$" + strings.Repeat("[0]", 60), "$[0][1]", "$[1]"} {
		if got, err := patched(d, []byte(loop), []byte(change(insert, path, null))); err == nil {
			t.Errorf("%s: %.200s", path, got)
		}
	}
}

// FuzzJSONChanges gives random documents and changes: an error, or a text of bounded length
// that is the same when a full image has it.
func FuzzJSONChanges(f *testing.F) {
	d := oneDocument(f)
	f.Add([]byte(small), []byte(change(replace, "$.a[0]", null)+change(insert, "$.b.z", small)))
	f.Add([]byte(small), []byte(change(remove, `$."a"`, "")+change(insert, "$.a", "\x0c\x03xyz")+change(insert, "$.c[last-0]", null)))
	f.Add([]byte("\x03\x01\x00\x00\x00\x11\x00\x00\x00\x0b\x0d\x00\x00\x00\x00\x00"), []byte(change(insert, "$[0]", "\x0f\xf6\x04\x03\x02\x80\x00")))
	f.Add([]byte("\x02\x02\x00\x0a\x00\x02\x00\x00\x02\x00\x00"), []byte(change(insert, "$[0][1][0][0]", null)))
	f.Fuzz(func(t *testing.T, document, changes []byte) {
		got, err := patched(d, document, changes)
		if err == nil && len(got) > 1000*(len(document)+len(changes)+100) {
			t.Errorf("%d bytes of document and %d of changes make %d of text", len(document), len(changes), len(got))
		}
		if before, err := patched(d, document, nil); err == nil {
			full := binary.LittleEndian.AppendUint32([]byte{0}, uint32(len(document)))
			line, _, err := d.Row(nil, []byte{1}, append(full, document...), make([]typemap.Notes, 1))
			if err != nil || string(line) != before {
				t.Errorf("without changes %.500q becomes %.500q (%v)", line, before, err)
			}
		}
	})
}

// FuzzUpdated gives random bytes to images with changes among other columns.
func FuzzUpdated(f *testing.F) {
	l := &layout{}
	l.add(f, schema.Type{Name: "json"}, 245, 4)
	l.add(f, schema.Type{Name: "int"}, 3, 0)
	l.add(f, schema.Type{Name: "json"}, 245, 2)
	l.add(f, schema.Type{Name: "varchar", Length: 9, Charset: "utf8mb4"}, 15, 36)
	all, some := l.decoder(f, 0, 1, 2, 3), l.decoder(f, 2)
	f.Add([]byte{15, 15}, []byte("\x02\x02\x00\x00\x00\x04\x00\x02\x00\x04\x01\x01x"), []byte("\x01\x01\x08\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00"))
	f.Add([]byte{15, 14}, []byte("\x02"), []byte("\x00\x00"))
	f.Fuzz(func(t *testing.T, present, before, after []byte) {
		if len(present) < 2 {
			return
		}
		first, second := typemap.Image{Present: present[:1], Data: before}, typemap.Image{Present: present[1:2], Data: after}
		_, used, err := all.Updated(nil, first, second, make([]typemap.Notes, 4))
		if err == nil && used > len(after) {
			t.Errorf("used %d of %d bytes", used, len(after))
		}
		if _, usedBySome, errOfSome := some.Updated(nil, first, second, make([]typemap.Notes, 1)); err == nil && (errOfSome != nil || used != usedBySome) {
			t.Errorf("all columns use %d bytes, one %d (%v)", used, usedBySome, errOfSome)
		}
	})
}
