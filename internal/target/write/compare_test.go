package write

import (
	"context"
	"strings"
	"testing"

	"pgchameleon/internal/fault"
)

// Rows of the source are held against a table's, as its types have them.
func TestComparisons(t *testing.T) {
	l, ctx := newLoading(t), context.Background()
	l.exec("CREATE TABLE public.keyed (id integer PRIMARY KEY, name text, own integer)", "INSERT INTO keyed VALUES (1, 'one'), (2, NULL), (3, 'three'), (4, 'Four'), (9, 'more')",
		"CREATE TABLE public.loose (id integer, name text)", "INSERT INTO loose VALUES (1, 'a'), (1, 'a'), (NULL, NULL), (NULL, NULL), (2, 'b')",
		"CREATE TABLE public.bare (id integer PRIMARY KEY, name text)")
	for _, c := range []struct {
		table  string
		key    []int
		chunks []string
		want   Differences
	}{
		{"keyed", []int{0}, []string{"1\tone\n2\t\\N\n", "3\tthree\n4\tFour\n9\tmore\n"}, Differences{}},
		{"keyed", []int{0}, []string{"01\tone\n+2\t\\N\n3\tthree\n4\tFour\n9\tmore\n"}, Differences{}}, // the same values
		{"keyed", []int{0}, []string{"1\tONE\n2\t\n3\tthree\n", "5\tfive\n9\tmore\n"}, Differences{Missing: 1, Different: 2, Extra: 1}},
		{"keyed", []int{0}, []string{"1\tone\n2\t\\N\n3\tthree\nx\ty\n", "4\tFour\n9\tmore\n"}, Differences{Refused: 1}},
		{"keyed", []int{0}, nil, Differences{Extra: 5}},
		{"bare", []int{0}, []string{"1\tone\n"}, Differences{Missing: 1}},
		{"loose", nil, []string{"\\N\t\\N\n2\tb\n1\ta\n", "1\ta\n\\N\t\\N\n"}, Differences{}},
		{"loose", nil, []string{"\\N\t\\N\n1\ta\n1\ta\n1\ta\n2\tB\n"}, Differences{Missing: 2, Extra: 2}},
		{"loose", nil, nil, Differences{Extra: 5}},
	} {
		table := persons("public", c.table, "")
		table.Key = c.key
		comparison, err := Compare(ctx, l.loader.Pool, table)
		if err != nil {
			t.Fatal(err)
		}
		var got Differences
		for _, text := range c.chunks {
			d, err := comparison.Rows(ctx, strings.NewReader(text), false)
			if fault.KindOf(err) == fault.Data {
				d, err = comparison.Rows(ctx, strings.NewReader(text), true)
			}
			if err != nil {
				t.Fatal(err)
			}
			got.Refused, got.Missing, got.Different = got.Refused+d.Refused, got.Missing+d.Missing, got.Different+d.Different
		}
		rest, err := comparison.End(ctx)
		if err != nil {
			t.Fatal(err)
		}
		comparison.Close(ctx)
		if got.Missing, got.Extra = got.Missing+rest.Missing, rest.Extra; got != c.want {
			t.Errorf("%s with %q: %+v, not %+v", c.table, c.chunks, got, c.want)
		}
	}
	if left := l.query("SELECT count(*) FROM pg_class WHERE relname = 'chameleon_compared'"); left != "0" {
		t.Errorf("%s temporary tables are left", left)
	}
}
