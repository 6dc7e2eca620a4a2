package catalogue

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What rules did to values is counted, and as many originals as there is room for are
// kept, until the table's copy begins anew.
func TestValuesThatRulesChanged(t *testing.T) {
	onEach(t, func(t *testing.T, p place) {
		ctx := t.Context()
		source := p.source(t)
		count := func(table, column, rule string, n int64) Conversion {
			return Conversion{Table: named(table), Column: column, Rule: rule, Count: n}
		}
		must(t, AddConversions(ctx, p.conn, source.ID, count("a", "c", "zero date", 2), count("a", "c", "zero date", 1)))
		must(t, AddConversions(ctx, p.conn, source.ID, count("a", "c", "zero date", 4), count("b", "b", "invalid bytes", 1)))
		original := func(table, column, rule, key, value string) Original {
			return Original{Table: named(table), Schema: "sch_shop", Name: table, Column: column, Rule: rule, Key: key, Value: []byte(value)}
		}
		full, err := KeepOriginals(ctx, p.conn, source.ID, InCopy, at(3), 3,
			original("a", "c", "zero date", "1", "0000-00-00"), original("a", "c", "zero date", "2", "2024-00-01"),
			original("b", "b", "invalid bytes", "x\\ty", "a\xff\x00"))
		must(t, err)
		if len(full) != 0 {
			t.Errorf("%v have no room left, though the limit is not reached", full)
		}
		full, err = KeepOriginals(ctx, p.conn, source.ID, InStream, at(4), 3, original("a", "c", "zero date", "3", "2024-02-30"), original("a", "c", "zero date", "4", "2024-02-31"))
		must(t, err)
		if got := fmt.Sprint(full); got != "[{shop.a c zero date 0 0}]" {
			t.Errorf("without room is %s", got)
		}
		full, err = KeepOriginals(ctx, p.conn, source.ID, InStream, at(4), 3, original("a", "c", "zero date", "5", "2024-02-31"))
		must(t, err)
		if len(full) != 1 {
			t.Errorf("a column that is full is not told")
		}
		kept := p.query(t, "SELECT t_stage, t_source_table, t_source_column, t_rule, t_row_key, t_row_data FROM sch_chameleon.t_discarded_rows ORDER BY i_id_row")
		want := [][]string{
			{"copy", "a", "c", "zero date", "1", "0000-00-00"}, {"copy", "a", "c", "zero date", "2", "2024-00-01"},
			{"copy", "b", "b", "invalid bytes", "x\\ty", `a\xFF\x00`}, {"stream", "a", "c", "zero date", "3", "2024-02-30"},
		}
		if diff := cmp.Diff(want, kept); diff != "" {
			t.Errorf("the originals (+) are not those that there is room for (-):\n%s", diff)
		}
		counts, err := Conversions(ctx, p.conn, source.ID)
		must(t, err)
		if got := fmt.Sprint(counts); got != "[{shop.a c zero date 7 3} {shop.b b invalid bytes 1 1}]" {
			t.Errorf("the counts are %s", got)
		}
		if s, err := Summaries(ctx, p.conn); err != nil || s[0].Discarded != 0 {
			t.Errorf("originals count as discarded rows: %+v, %v", s, err)
		}
		_, err = KeepOriginals(ctx, p.conn, source.ID, InStream, at(5), -1, original("a", "c", "zero date", "6", "0000-00-00"))
		must(t, err)
		must(t, DiscardRow(ctx, p.conn, Discarded{SourceID: source.ID, Table: named("a"), Stage: InStream, Reason: "refused", Row: []byte("7")}))
		must(t, DiscardRow(ctx, p.conn, Discarded{SourceID: source.ID, Table: named("a"), Stage: InCopy, Reason: "refused", Row: []byte("8")}))
		must(t, ForgetValues(ctx, p.conn, source.ID, named("a")))
		left := p.query(t, "SELECT t_source_table, t_row_data FROM sch_chameleon.t_discarded_rows ORDER BY i_id_row")
		if diff := cmp.Diff([][]string{{"b", `a\xFF\x00`}, {"a", "7"}}, left); diff != "" {
			t.Errorf("after the table began anew there is (+):\n%s", diff)
		}
	})
}
