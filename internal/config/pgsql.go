package config

import (
	"time"

	targetdial "pgchameleon/internal/target/dial"
)

// PgSQL says whether the source is PostgreSQL itself.
func (s *Source) PgSQL() bool { return s.Type == typePgSQL }

// DialPgSQL gives the connection to a source that is PostgreSQL, with its password.
func (s *Source) DialPgSQL() (targetdial.Config, error) {
	password, err := s.Conn.Password(s.config.env)
	if err != nil {
		return targetdial.Config{}, err
	}
	return targetdial.Config{
		Host: s.Conn.Host, Port: s.Conn.Port, User: s.Conn.User, Password: password.Reveal(), Database: s.Database,
		SSLMode: s.Conn.SSLMode, RootCert: s.Conn.SSLRootCert, Cert: s.Conn.SSLCert, Key: s.Conn.SSLKey,
		ConnectTimeout: time.Duration(s.Conn.ConnectTimeout), Source: s.Name, Name: "db_conn of the source",
	}, nil
}

// onlyMySQL are keys of a source that say what happens to rows of MySQL, or to its stream.
var onlyMySQL = []string{"skip_events", "collations", "ddl_policy", "net_read_timeout", "my_server_id", "on_error_replay", "refill", "online_schema_change", "batch_retention", "copy_max_memory"}

// checkType looks at what belongs to one type of source and not to the other.
func (s *Source) checkType(d *decoder, n *node) {
	conn := n.entry("db_conn")
	if s.Type != typePgSQL {
		if conn != nil && conn.value.entry("database") != nil {
			d.config.note(conn.value.entry("database").key.line, "database", "only a source of type pgsql has one; for the others schema_mappings tells the databases")
		}
		if e := n.entry("replication_slot"); e != nil {
			d.config.note(e.key.line, "replication_slot", "it is for sources of type pgsql")
		}
		return
	}
	if conn != nil && s.Database == "" && conn.value.kind == dictionary {
		d.fail(conn.key.line, conn.key.column, "db_conn of %s has no database, which a source of type pgsql must have", s.Name)
	}
	if e := n.entry("masks"); e != nil && len(s.Masks) > 0 {
		d.fail(e.key.line, e.key.column, "masks: columns of a source of type pgsql cannot be masked: leave their tables out with skip_tables")
	}
	if e := n.entry("keep_existing_schema"); e != nil && s.KeepExistingSchema {
		d.fail(e.key.line, e.key.column, "keep_existing_schema: the tables of a source of type pgsql are always made as the source has them; remove the key")
	}
	for _, key := range onlyMySQL {
		if e := n.entry(key); e != nil && e.value.kind != null {
			d.config.note(e.key.line, key, "it has no effect on a source of type pgsql")
		}
	}
}
