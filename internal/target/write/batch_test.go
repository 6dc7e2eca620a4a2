package write

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgconn"

	"pgchameleon/internal/change"
	"pgchameleon/internal/fault"
)

func TestFieldsAndValues(t *testing.T) {
	got := [][]byte{}
	for _, field := range fields(change.Row(`a`+"\t"+`\N`+"\t\t"+`\\N`+"\t"+`x\ty\n\\\b\f\r\v`), nil) {
		got = append(got, plain(field))
	}
	want := [][]byte{[]byte("a"), nil, {}, []byte(`\N`), []byte("x\ty\n\\\b\f\r\v")}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if plain(nil) == nil {
		t.Error("an empty field became NULL")
	}
}

func TestArrays(t *testing.T) {
	var a arrayer
	a.reset(',')
	for _, field := range []string{`1`, `\N`, ``, `a"b`, `\\N`, `x\ty{,}`} {
		a.field([]byte(field))
	}
	a.value(nil)
	a.value([]byte(`q"\`))
	want := `{"1",NULL,"","a\"b","\\N","x` + "\t" + `y{,}",NULL,"q\"\\"}`
	if got := string(a.done()); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestLines(t *testing.T) {
	rows := []change.Row{change.Row("one\t1"), {}, change.Row(strings.Repeat("x", 5000))}
	want := "one\t1\n\n" + strings.Repeat("x", 5000) + "\n"
	for name, wrap := range map[string]func(io.Reader) io.Reader{
		"whole": func(r io.Reader) io.Reader { return r }, "bytes": iotest.OneByteReader, "halves": iotest.HalfReader,
	} {
		got, err := io.ReadAll(wrap(&lines{rows: rows}))
		if err != nil || !bytes.Equal(got, []byte(want)) {
			t.Errorf("%s: got %d bytes, %v", name, len(got), err)
		}
	}
}

func TestRefusalsShowNoValues(t *testing.T) {
	table := &change.Table{Source: "s.t"}
	for _, c := range []struct {
		said pgconn.PgError
		want string
		kind fault.Kind
	}{
		{pgconn.PgError{Code: "22P02", Message: `invalid input syntax for type integer: "a "secret" b"`},
			`invalid input syntax for type integer: "…" (SQLSTATE 22P02)`, fault.Data},
		{pgconn.PgError{Code: "22P02", Message: `ungültige Eingabesyntax für Typ integer: »geheim«`, ColumnName: "c"},
			`ungültige Eingabesyntax für Typ integer: »…«, column c (SQLSTATE 22P02)`, fault.Data},
		{pgconn.PgError{Code: "23505", Message: `duplicate key value violates unique constraint "k"`, Detail: "Key (a)=(secret) already exists.", ConstraintName: "k"},
			`duplicate key value violates unique constraint "k" (SQLSTATE 23505)`, fault.Data},
		{pgconn.PgError{Code: "42501", Message: "permission denied for table t"}, "permission denied for table t (SQLSTATE 42501)", fault.Data},
		{pgconn.PgError{Severity: "FATAL", Code: "57P01", Message: "terminating connection"}, "FATAL: terminating connection (SQLSTATE 57P01)", fault.Retry},
	} {
		err := refuse(&c.said, table, "insert")
		if err.Error() != c.want || fault.KindOf(err) != c.kind {
			t.Errorf("got %q (%v), want %q (%v)", err, fault.KindOf(err), c.want, c.kind)
		}
	}
}
