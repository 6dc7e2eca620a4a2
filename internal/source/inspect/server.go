// Package inspect owns what is asked of a source server: what it is, how it is
// set, what it holds, what the user may do, and positions of its binary log
// that are safe to copy from. It does not own connections, the meaning of SQL
// text, or the reading of the binary log.
package inspect

import (
	"context"
	"fmt"

	"github.com/go-mysql-org/go-mysql/client"

	"pgchameleon/internal/event"
	"pgchameleon/internal/source/dial"
)

// Server is what a server says about itself.
type Server struct {
	Flavor      event.Flavor
	Version     int    // 101119 for 10.11.19, 90704 for 9.7.4
	VersionText string // as the server writes it
	ID          string // server_uuid (MySQL) or server_id (MariaDB)
	ServerID    uint32 // server_id
	GTID        bool   // transactions have GTIDs: gtid_mode=ON (MySQL), always (MariaDB)
	Fold        bool   // names of schemas and tables are compared without regard to case
	Vars        map[string]string
}

// variables are the global variables that Facts keeps in Vars; those that a
// server does not have are absent.
var variables = []string{
	"version", "version_comment", "server_id", "server_uuid", "hostname", "read_only", "log_bin", "log_slave_updates", "log_replica_updates",
	"binlog_format", "binlog_row_image", "binlog_row_metadata", "binlog_checksum",
	"binlog_expire_logs_seconds", "expire_logs_days", "binlog_transaction_compression", "log_bin_compress",
	"gtid_mode", "enforce_gtid_consistency", "gtid_strict_mode", "gtid_domain_id", "lower_case_table_names",
	"max_allowed_packet", "slave_max_allowed_packet", "replica_max_allowed_packet", "net_write_timeout", "net_read_timeout",
	"character_set_server", "collation_server", "default_storage_engine", "sql_mode", "time_zone", "system_time_zone",
	"innodb_version", "innodb_native_foreign_keys", "wsrep_on", "explicit_defaults_for_timestamp",
}

// Facts asks a server what it is.
func Facts(ctx context.Context, conn *client.Conn) (*Server, error) {
	rows, err := dial.Text(ctx, conn, "SHOW GLOBAL VARIABLES")
	if err != nil {
		return nil, fmt.Errorf("reading the server's variables: %w", err)
	}
	all := make(map[string]string, len(rows))
	for _, row := range rows {
		all[row[0]] = row[1]
	}
	s := &Server{VersionText: all["version"], Vars: map[string]string{}}
	for _, name := range variables {
		if value, found := all[name]; found {
			s.Vars[name] = value
		}
	}
	s.Flavor, s.Version = dial.Version(s.VersionText)
	if _, err := fmt.Sscan(all["server_id"], &s.ServerID); err != nil {
		return nil, fmt.Errorf("reading the server_id %q: %w", all["server_id"], err)
	}
	s.ID, s.GTID = all["server_uuid"], all["gtid_mode"] == "ON"
	if s.Flavor == event.MariaDB {
		s.ID, s.GTID = all["server_id"], true
	}
	s.Fold = all["lower_case_table_names"] != "0"
	return s, nil
}

// MariaDB says whether the server is one of MariaDB's.
func (s *Server) MariaDB() bool { return s.Flavor == event.MariaDB }

// LogsCascades says whether what foreign keys do to children is in the binary
// log. MySQL's SQL layer does it from 9.6 on, and logs it like any other change;
// InnoDB, on all other servers, tells nobody.
func (s *Server) LogsCascades() bool { return s.Vars["innodb_native_foreign_keys"] == "OFF" }
