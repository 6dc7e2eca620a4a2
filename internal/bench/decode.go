package bench

import (
	"context"

	"pgchameleon/internal/bench/decoding"
)

// decodedRows is how many row images are decoded in a round.
const decodedRows = 300000

// measureDecode decodes the row images of one large insert.
func (b *bench) measureDecode(ctx context.Context) error {
	events, err := decoding.Record(ctx, b.source, decodedRows)
	if err != nil {
		return err
	}
	for round := range b.Rounds {
		result, err := events.Measure()
		if err != nil {
			return err
		}
		b.say("decode %d: %d rows × %d columns, %.2f million rows/s, %.3f allocations/row", round+1, events.Rows, events.Columns, result.Rate/1e6, result.Allocs)
		b.results.decodes = append(b.results.decodes, result)
	}
	return nil
}
