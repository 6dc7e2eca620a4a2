package preflight

import (
	"fmt"
	"strconv"
	"time"
)

// shortest is how long a binary log should be kept: as long as a replica may
// be down over a weekend's night.
const shortest = 24 * time.Hour

// retention: what is purged before it was read is lost to the replica.
func retention(f *Facts) []Finding {
	seconds, err := strconv.ParseFloat(f.variable("binlog_expire_logs_seconds", "0"), 64)
	if err != nil || seconds == 0 {
		days, err := strconv.ParseFloat(f.variable("expire_logs_days", "0"), 64)
		if err != nil {
			return nil
		}
		seconds = days * 24 * 60 * 60
	}
	kept := time.Duration(seconds) * time.Second
	if kept == 0 || kept >= shortest { // 0: for ever
		return nil
	}
	return warning("binlog_expire_logs_seconds", fmt.Sprintf("the source keeps its binary log for %s only: a replica that is down for longer must be copied anew", kept),
		"SET GLOBAL binlog_expire_logs_seconds = 604800; and the same in the source's configuration")
}
