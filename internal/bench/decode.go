package bench

import (
	"context"
	"fmt"

	"pgchameleon/internal/bench/decoding"
)

// measureDecode decodes the row images of one large insert.
func (b *bench) measureDecode(ctx context.Context, s *sheet) error {
	rows := max(1000, int(300000*b.Scale))
	events, err := decoding.Record(ctx, b.source, rows)
	if err != nil {
		return err
	}
	s.what = fmt.Sprintf("decoding of %d row images × %d columns to COPY text, on one core", rows, events.Columns)
	s.columns = []column{
		{head: "million rows/s", show: func(f float64) string { return fmt.Sprintf("%.2f", f/1e6) }, aim: aim{atLeast: 1.5e6}},
		{head: "allocations/row", show: func(f float64) string { return fmt.Sprintf("%.3f", f) }, aim: aim{atMost: 1}},
		{head: "COPY text", show: megabytes},
	}
	for range b.Rounds {
		result, err := events.Measure()
		if err != nil {
			return err
		}
		s.add(result.Rate, result.Allocs, float64(result.Bytes))
		b.finish(s)
	}
	return nil
}
