package apply

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"pgchameleon/internal/change"
)

func TestWhatTwoRowsDifferIn(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	values := []string{"", "a", "b", "aa", "ab", "12345678", "123456789", strings.Repeat("x", 30), strings.Repeat("x", 30) + "y", `\N`}
	for range 20_000 {
		a := make([]string, 1+random.IntN(200))
		for i := range a {
			a[i] = values[random.IntN(len(values))]
		}
		b, want := slices.Clone(a), []int(nil)
		for range random.IntN(4) {
			b[random.IntN(len(b))] = values[random.IntN(len(values))]
		}
		for i := range a {
			if a[i] != b[i] {
				want = append(want, i)
			}
		}
		set, got := newColumnSet(len(a)), []int(nil)
		set.changed(change.Row(strings.Join(a, "\t")), change.Row(strings.Join(b, "\t")))
		for i := range a {
			if set.has(i) {
				got = append(got, i)
			}
		}
		if !slices.Equal(got, want) {
			t.Fatalf("%q and %q differ in %v, not in %v", a, b, want, got)
		}
	}
}

func TestUpdatesAreGroupedByWhatTheyChange(t *testing.T) {
	const columns = 100
	shape := &shape{key: []int{0}, columns: columns, pinned: newColumnSet(columns)}
	shape.pinned.add(0)
	type rows struct {
		count, size int
		changed     []int
	}
	for _, c := range []struct {
		name string
		rows []rows
		want []string // rows and columns of each statement
	}{
		{"one kind", []rows{{100, 200, []int{5}}}, []string{"100 [5]"}},
		{"a few small rows go together", []rows{{10, 200, []int{5}}, {10, 200, []int{6}}}, []string{"20 [5 6]"}},
		{"many go apart", []rows{{2000, 200, []int{5}}, {1000, 200, []int{80}}}, []string{"2000 [5]", "1000 [80]"}},
		{"those that lack little join", []rows{{2000, 200, []int{5, 6}}, {400, 200, []int{5}}, {1000, 200, []int{80}}}, []string{"2400 [5 6]", "1000 [80]"}},
		{"large rows go apart", []rows{{2, 10 << 20, []int{5}}, {1, 10 << 20, []int{6}}}, []string{"2 [5]", "1 [6]"}},
		{"a key that came back", []rows{{3, 200, nil}}, []string{"3 [0]"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var u updates
			for _, r := range c.rows {
				set := newColumnSet(columns)
				for _, i := range r.changed {
					set.add(i)
				}
				for range r.count {
					u.add(set, make(change.Row, r.size))
				}
			}
			var got []string
			for _, update := range u.list(shape) {
				got = append(got, fmt.Sprint(len(update.Rows), " ", update.Changed))
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
	var u updates
	for i := range 99 {
		set := newColumnSet(columns)
		set.add(1 + i)
		for range 1000 {
			u.add(set, make(change.Row, 200))
		}
	}
	list, total := u.list(shape), 0
	for _, update := range list {
		total += len(update.Rows)
	}
	if len(list) != mostGroups || total != 99_000 {
		t.Errorf("%d rows in %d statements", total, len(list))
	}
}
