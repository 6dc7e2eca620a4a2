package binlog

import "pgchameleon/internal/event"

// gtids is what a position's GTIDs mean: which transactions are before it.
type gtids interface {
	add(gtid string) error
	has(gtid string) (bool, error)
	includes(other gtids) bool
	String() string
}

// parseGTIDs reads the GTIDs of a position.
func parseGTIDs(flavor event.Flavor, text string) (gtids, error) {
	if flavor == event.MariaDB {
		return parseDomains(text)
	}
	return parseIntervals(text)
}
