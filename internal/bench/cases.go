package bench

import (
	"context"
	"slices"
	"time"

	"pgchameleon/internal/bench/load"
)

// testCase is one measurement, chosen by its name.
type testCase struct {
	name string
	run  func(context.Context, *sheet) error
}

// cases are those of `make bench`, in their order.
func (b *bench) cases() []testCase {
	all := []testCase{{"decode", b.measureDecode}, {"copy/sysbench", b.measureCopy}}
	for _, set := range load.Copies(b.Scale) {
		all = append(all, testCase{"copy/" + set.Name, func(ctx context.Context, s *sheet) error { return b.copyShape(ctx, s, set) }})
	}
	all = append(all, testCase{"apply/sysbench", b.measureBacklog}, testCase{"alone/sysbench", b.measureAlone})
	for _, set := range append([]load.Set{load.Orders(b.Scale)}, load.Changes(b.Scale, b.fewer())...) {
		all = append(all, testCase{"apply/" + set.Name, func(ctx context.Context, s *sheet) error { return b.applyShape(ctx, s, set) }})
		if slices.Contains(aloneShapes, set.Name) {
			all = append(all, testCase{"alone/" + set.Name, func(ctx context.Context, s *sheet) error { return b.aloneShape(ctx, s, set) }})
		}
	}
	return append(all,
		testCase{"relay", b.measureRelay},
		testCase{"lag/500", func(ctx context.Context, s *sheet) error { return b.measureLag(ctx, s, 500) }},
		testCase{"lag/2000", func(ctx context.Context, s *sheet) error { return b.measureLag(ctx, s, 2000) }},
		testCase{"lag/pause", func(ctx context.Context, s *sheet) error {
			return b.measureRecovery(ctx, s, 500, b.scaled(time.Minute))
		}},
		testCase{"tables", b.measureTables})
}
