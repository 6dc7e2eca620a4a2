package pipeline

// What a batch takes in at most before it is written.
const (
	gatherRows  = 10_000
	gatherBytes = 16 << 20
)

// gather adds what has come in meanwhile, without waiting.
func gather(units []unit, in <-chan []unit) []unit {
	rows, bytes := extent(units)
	for rows < gatherRows && bytes < gatherBytes {
		select {
		case next, open := <-in:
			if !open {
				return units
			}
			units = append(units, next...)
			r, b := extent(next)
			rows, bytes = rows+r, bytes+b
		default:
			return units
		}
	}
	return units
}

// extent counts the rows of units, and the bytes of their transactions in the binlog.
func extent(units []unit) (rows, bytes int) {
	for _, u := range units {
		if u.txn != nil {
			bytes += u.txn.Size
		}
		for _, s := range u.steps {
			if s.rows != nil {
				rows += s.rows.Len()
			}
		}
	}
	return rows, bytes
}
