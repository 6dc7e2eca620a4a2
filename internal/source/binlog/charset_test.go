package binlog_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pgchameleon/internal/event"
)

// Sessions in the character sets that few have, and in swe7, which has letters where
// ASCII has punctuation: the statements are what the server understood.
func TestStatementsInRareCharacterSets(t *testing.T) {
	each(t, func(t *testing.T, s *source) {
		from := s.position(t)
		var names []string
		var run []string
		for _, c := range []struct{ charset, bytes, is string }{
			{"swe7", "`[{", "éÄä"}, {"dec8", "\xe9\xfd", "éÿ"}, {"hp8", "\xc5", "é"}, {"keybcs2", "\x91", "ž"}, {"macce", "\x8e", "é"}, {"armscii8", "\xb3", "ա"}, {"geostd8", "\xc0", "ა"},
		} {
			run = append(run, "SET NAMES "+c.charset, "CREATE TABLE `n_"+c.charset+"_"+strings.ReplaceAll(c.bytes, "`", "``")+"` (x int COMMENT 'it''s \\'"+c.bytes+"')")
			names = append(names, "n_"+c.charset+"_"+c.is)
		}
		s.exec(t, run...)
		var got []string
		for _, tx := range s.collectAll(t, s.options(), from, s.position(t)) {
			for _, e := range tx.Events {
				if st, is := e.(*event.Statement); is && st.Schema == s.database {
					name, rest, _ := strings.Cut(strings.TrimPrefix(st.SQL, "CREATE TABLE `"), "` (")
					got = append(got, name)
					if want := "'it''s \\'" + name[strings.LastIndex(name, "_")+1:] + "')"; !strings.HasSuffix(rest, want) {
						t.Errorf("%s: the comment is not %s", st.SQL, want)
					}
				}
			}
		}
		if diff := cmp.Diff(names, got); diff != "" {
			t.Error(diff)
		}
		var there []string
		for _, row := range s.Query(t, s.database, "SELECT table_name FROM information_schema.tables WHERE table_schema = database() AND table_name LIKE 'n\\_%'") {
			there = append(there, row[0])
		}
		slices.Sort(there)
		slices.Sort(names)
		if diff := cmp.Diff(there, names); diff != "" {
			t.Errorf("-the server's +ours\n%s", diff)
		}
	})
}
