package binlog

import "testing"

func TestFrameOf(t *testing.T) {
	for sql, want := range map[string]struct {
		is   frame
		rest string
	}{
		"BEGIN":                          {begin, ""},
		"COMMIT":                         {commit, ""},
		"ROLLBACK":                       {rollback, ""},
		"ROLLBACK TO `s`":                {rollbackTo, "`s`"},
		"ROLLBACK TO SAVEPOINT `s`":      {rollbackTo, "`s`"},
		"SAVEPOINT `COMMIT`":             {savepoint, "`COMMIT`"},
		"XA START X'61',X'',1":           {xaStart, "X'61',X'',1"},
		"XA END X'61',X'',1":             {xaEnd, "X'61',X'',1"},
		"XA COMMIT X'61',X'',1":          {xaCommit, "X'61',X'',1"},
		"XA ROLLBACK X'61',X'',1":        {xaRollback, "X'61',X'',1"},
		"BEGIN NOT ATOMIC SELECT 1; END": {ordinary, ""},
		"CREATE TABLE `COMMIT` (a int)":  {ordinary, ""},
		"":                               {ordinary, ""},
	} {
		if is, rest := frameOf(sql); is != want.is || rest != want.rest {
			t.Errorf("%q is %d %q", sql, is, rest)
		}
	}
}

func TestDecodeCharsets(t *testing.T) {
	c := charsets{8: "latin1", 28: "gbk", 13: "sjis", 45: "utf8mb4", 63: "binary"}
	for _, x := range []struct {
		collation uint16
		bytes     string
		want      string
	}{
		{8, "\xe9\x80", "é€"}, {28, "\xd6\xd0", "中"}, {13, "\x93\xfa", "日"}, {45, "é🦎", "é🦎"}, {63, "\xff", "\uFFFD"}, {999, "plain", "plain"},
	} {
		if got := c.decode(x.collation, []byte(x.bytes)); got != x.want {
			t.Errorf("%q in %s is %q", x.bytes, c[x.collation], got)
		}
	}
}

func TestStatusVars(t *testing.T) {
	mode := "\x01\x00\x00\x20\x54\x00\x00\x00\x00"
	for story, data := range map[string]string{
		"MySQL":                       "\x00\x01\x02\x03\x04" + mode + "\x06\x03std\x04\x08\x00\x08\x00\xff\x00",
		"MariaDB with its collations": mode + "\x06\x03std\x83\x02\x21\x00\x00\x08\x23\x00\x00\x0a\x04\x08\x00\x08\x00\x00\x09",
	} {
		if s := statusVars([]byte(data)); s.sqlMode != 0x54200000 || s.charset != 8 {
			t.Errorf("%s: sql_mode %x, character set %d", story, s.sqlMode, s.charset)
		}
	}
}

func TestWiden(t *testing.T) {
	for _, x := range []struct {
		pos  uint64
		low  uint32
		want uint64
	}{{4, 100, 100}, {1<<32 - 10, 20, 1<<32 + 20}, {1<<32 + 20, 30, 1<<32 + 30}, {100, 100, 100}} {
		if got := widen(x.pos, x.low); got != x.want {
			t.Errorf("%d after %d is %d", x.low, x.pos, got)
		}
	}
}

// Whatever bytes come, the parsers end with an error and never with a panic.
func FuzzParsers(f *testing.F) {
	f.Add([]byte("\x01\x00\x00\x00\x00\x00\x01\x00\x01d\x00\x01t\x00\x02\x03\x0f\x02\x10\x00\x00\x01\x01\x80"))
	f.Fuzz(func(t *testing.T, data []byte) {
		_, _ = parseTableMap(data, charsets{8: "latin1"})
		_, _ = gtidEvent(data, false)
		_, _ = mariaGTIDEvent(data, 1)
		_, _, _ = xaPrepare(data)
		_ = statusVars(data)
		r := reader{charsets: charsets{}, tables: map[uint64]*table{}}
		_, _ = r.query(data, false, 0)
		kind, _ := rowsOf(31)
		_, _ = r.rows(kind, data, 0)
	})
}
