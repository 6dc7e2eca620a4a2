package binlog

import (
	"errors"
	"strings"

	"github.com/go-mysql-org/go-mysql/mysql"

	"pgchameleon/internal/fault"
	"pgchameleon/internal/source/dial"
)

// fatalRead is the number under which servers report all that can be wrong
// with reading a binary log; only the text tells more.
const fatalRead = 1236

// reasons tells the texts of fatalRead apart, in the words that MySQL and
// MariaDB of all versions share. The first that fits counts.
var reasons = []struct {
	text string // in lower case
	kind fault.Kind
	what string
	hint string
}{
	{"same server_uuid/server_id", fault.Retry, "another replica has connected under the same server_id",
		"set my_server_id to a number of its own, or leave it out"},
	{"purged", fault.Environment, "the server has purged the part of its binary log that comes next", hintPurged},
	{"could not find first log file", fault.Environment, "the server no longer has the binary log file that comes next", hintPurged},
	{"not in the master's binlog", fault.Environment, "the server's binary log does not hold the GTID that was read last", hintOther},
	{"more gtids than", fault.Environment, "the server lacks transactions that were read before", hintOther},
	{"could not find gtid state", fault.Environment, "the server no longer has the part of its binary log that comes next", hintPurged},
	{"impossible position", fault.Environment, "the server's binary log file is shorter than what was read of it", hintOther},
	{"max_allowed_packet", fault.Environment, "an event is larger than the server sends", "raise max_allowed_packet on the server to 1G"},
	{"binary log is not open", fault.Environment, "the server writes no binary log", "set log_bin in the server's configuration and restart it"},
}

const (
	hintPurged = "copy the tables anew with init_replica, and let the server keep its log for longer (binlog_expire_logs_seconds or expire_logs_days)"
	hintOther  = "the server was reset or restored, or it is another one: copy the tables anew with init_replica"
)

// failure says what an error means that the server sent instead of the log.
func failure(err error) error {
	var server *mysql.MyError
	if !errors.As(err, &server) || server.Code != fatalRead {
		return dial.Classify(err)
	}
	text := strings.ToLower(server.Message)
	for _, reason := range reasons {
		if strings.Contains(text, reason.text) {
			return fault.New(reason.kind, reason.hint, "%s: %w", reason.what, server)
		}
	}
	return fault.New(fault.Environment, "look at the server's error log; if its binary log is damaged, copy the tables anew with init_replica",
		"the server cannot send its binary log: %w", server)
}
