package pipeline

import (
	"slices"
	"testing"

	"pgchameleon/internal/target/legacy"
)

// Where a replica of pg_chameleon's goes on, by what its batches say.
func TestWherePgChameleonsReplicaGoesOn(t *testing.T) {
	at := func(file string, offset uint64) legacy.Place { return legacy.Place{File: file, Offset: offset} }
	done := legacy.Batch{Place: at("b.000002", 4), Processed: true, Replayed: true, Left: -1}
	open := legacy.Batch{Place: at("b.000003", 100), Left: -1}
	for name, c := range map[string]struct {
		batches      []legacy.Batch
		from, newest legacy.Place
		lost         int
		refused      bool
	}{
		"one is being read":                         {batches: []legacy.Batch{done, open}, from: open.Place, newest: open.Place},
		"all is replayed, but not marked so":        {batches: []legacy.Batch{{Place: at("b.000002", 9), Processed: true, Left: 0}, open}, from: open.Place, newest: open.Place},
		"changes are to be replayed":                {batches: []legacy.Batch{{Place: at("b.000002", 9), Processed: true, Left: 3}, open}, refused: true},
		"one was stopped before it was marked read": {batches: []legacy.Batch{{Place: at("b.000002", 9), Left: -1}, open}, from: at("b.000002", 9), newest: open.Place},
		"one was read and never listed":             {batches: []legacy.Batch{{Place: at("b.000002", 9), Processed: true, Left: -1}, open}, from: at("b.000002", 9), newest: open.Place},
		"one was lost in a file that is gone":       {batches: []legacy.Batch{{Place: at("b.000001", 9), Left: -1}, open}, from: open.Place, newest: open.Place, lost: 1},
		"the file where it goes on is gone":         {batches: []legacy.Batch{{Place: at("b.000001", 9), Left: -1}}, refused: true},
		"nothing says where":                        {batches: []legacy.Batch{done}, refused: true},
	} {
		r, err := resumes(&legacy.Source{Name: "s", Batches: c.batches}, func(file string) bool { return slices.Contains([]string{"b.000002", "b.000003"}, file) })
		switch {
		case c.refused != (err != nil):
			t.Errorf("%s: the error is %v", name, err)
		case err == nil && (r.from != c.from || r.newest != c.newest || len(r.lost) != c.lost):
			t.Errorf("%s: it goes on as %+v", name, r)
		}
	}
	if comparePlaces(at("my.bin.999999", 9), at("my.bin.1000000", 4)) >= 0 || comparePlaces(at("b.000001", 4), at("b.000001", 5)) >= 0 || comparePlaces(at("b.1", 4), at("b.000001", 4)) != 0 {
		t.Error("places are ordered otherwise than the log has them")
	}
}
