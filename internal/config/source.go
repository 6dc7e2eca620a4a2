package config

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"pgchameleon/internal/mapping"
)

// Defaults.
const (
	inPlace = "in_place" // of online_schema_change
	direct  = "direct"   // of copy_mode
	again   = "retry"    // of on_error_read
)

// newSource gives a source with the documented defaults.
func newSource(c *Config) *Source {
	return &Source{
		Type:           typeMySQL,
		Conn:           Conn{SSLMode: "prefer", ConnectTimeout: Duration(10 * time.Second)},
		LockTimeout:    Duration(2 * time.Minute),
		NetReadTimeout: Duration(10 * time.Minute),
		CopyMaxMemory:  300 << 20,
		CopyThreads:    4,
		ApplyThreads:   2,
		OnErrorReplay:  "continue",
		SchemaChange:   inPlace,
		CopyMode:       direct,
		OnErrorRead:    again,
		Refill:         "auto",
		Relay:          "memory",
		RelayMaxDisk:   10 << 30,
		config:         c,
	}
}

// fields are the keys of a source.
func (s *Source) fields() []field {
	const tables = "a list of database.table"
	const batches = "batches form themselves: an idle replica applies each transaction at once, a busy one thousands together"
	of := func(name string) string { return strings.TrimSuffix(name+" of "+s.Name, " of ") }
	return []field{
		{name: "type", value: choice{&s.Type, []string{typeMySQL, typePgSQL}},
			doc: "`mysql`, which MariaDB is too, or `pgsql`: such a source is copied by `init_replica` and not followed, since PostgreSQL's own logical replication does that; `start_replica` prints the commands."},
		{name: "db_conn", required: true, value: keys{s.connFields(), "the keys below", of("db_conn")},
			doc: "How the server is reached."},
		{name: "schema_mappings", required: true, value: custom{s.readMappings, s.showMappings, "databases with their schemas"},
			doc: "Which database goes to which PostgreSQL schema, one `database: schema` for each line. Each goes to a schema of its own; sources, also two of one server, may share a schema whose tables do not meet."},
		{name: "limit_tables", value: names{&s.LimitTables, tables, tablePattern},
			doc: "Of the databases that are named here, only these tables are replicated. They may be tables to come, too, by name or by [patterns](#patterns-of-tables-and-columns). A table that comes in by a change of the list is copied while the others are followed."},
		{name: "skip_tables", value: names{&s.SkipTables, tables, tablePattern},
			doc: "These tables are not replicated; patterns may be given. One that is left out by a change of the list stays in PostgreSQL as it is."},
		{name: "skip_events", value: keys{s.skipFields(), "insert, update and delete with lists", of("skip_events")},
			doc: "Kinds of row changes that the stream leaves out: below `insert`, `update` and `delete` stand lists of `database` or patterns of `database.table`."},
		{name: "grant_select_to", value: names{&s.GrantSelectTo, "a list of roles", nil},
			doc: "Roles that may read the replicated tables, also those that the stream makes. One that does not exist is a warning; one that is taken from the list keeps its rights."},
		{name: "masks", value: custom{s.readMasks, s.showMasks, "columns with hash, null, fixed(text) or keep_first(number)"},
			doc: "Columns whose values are hidden before they leave the process; [below](#masks). New in this program."},
		{name: "collations", value: custom{s.readCollations, s.showCollations, "columns with exact, citext or icu"},
			doc: "How PostgreSQL compares text that the source compares without regard to case; [below](#collations). New in this program."},
		{name: "ddl_policy", value: ddlPolicy(&s.DDLPolicy),
			doc: "What is done with classes of DDL statements of this source; it goes before the one at the top of the file, [below](#ddl_policy). New in this program."},
		{name: "keep_existing_schema", value: truth{&s.KeepExistingSchema},
			doc: "`yes` loads into the tables that are there already, which keep their definition, instead of making them. " +
				"Their foreign keys are checked when a transaction ends (`DEFERRABLE INITIALLY DEFERRED`) from then on, and validated when both tables have caught up."},
		{name: "copy_threads", value: number[int]{to: &s.CopyThreads, least: 1, most: 64},
			doc: "How many chunks of tables are copied at a time, each over a connection of its own. New in this program."},
		{name: "apply_threads", value: number[int]{to: &s.ApplyThreads, least: 1, most: 64},
			doc: "How many batches of transactions are written at a time while the replica is behind, each over a connection of its own. They are committed in the source's order. 1: one after the other. New in this program."},
		{name: "copy_max_memory", value: size{&s.CopyMaxMemory, 1 << 10},
			doc: "The most memory for rows in flight during the copy, over all threads."},
		{name: "copy_mode", value: choice{&s.CopyMode, []string{direct, "file"}},
			doc: "`direct`: rows stream from the source into PostgreSQL. `file`: each chunk (a whole table, if it has no key) is read into a file below `out_dir` first, so that a slow PostgreSQL does not keep the source waiting."},
		{name: "out_dir", value: file{&s.OutDir, "a folder"},
			doc: "Where `copy_mode: file` puts its files. They are readable by the user of the program alone, have no name as long as they hold rows, and are gone when the program ends, in whatever way."},
		{name: "lock_timeout", value: span{to: &s.LockTimeout, bare: time.Millisecond},
			doc: "How long the swap of copied tables waits for a lock in PostgreSQL, before it lets others go first and tries again. A bare number is in milliseconds, as PostgreSQL has it; 0 waits for ever."},
		{name: "net_read_timeout", value: span{to: &s.NetReadTimeout, bare: time.Second},
			doc: "How long the source waits for us before it drops our connection; a bare number is in seconds."},
		{name: "replication_slot", value: text{to: &s.Slot, what: "the name of a slot"},
			doc: "Of a source of type `pgsql`: the slot of logical replication that `init_replica` makes exactly where its copy begins, for a subscription that goes on from there. Left out, none is made. New in this program."},
		{name: "my_server_id", value: number[uint32]{to: &s.ServerID, least: 0, most: 1<<32 - 1, unset: "a random one"},
			doc: "Our server id, which no other replica of the server may have."},
		{name: "on_error_replay", value: choice{&s.OnErrorReplay, []string{"continue", "exit"}},
			doc: "What happens when PostgreSQL refuses a change: `continue` excludes the table and goes on with the others, `exit` stops the replica before the transaction."},
		{name: "on_error_read", value: choice{&s.OnErrorRead, []string{again, "continue", "exit"}},
			doc: "What happens when the source cannot be reached: `retry` tries again with growing pauses once the replica has been started, `continue` does so at the start as well, `exit` ends the process (and leaves the source `stopped`). With `relay: postgres`, what was read is replayed meanwhile, and `retry` waits at the start too once there is something to replay."},
		{name: "refill", value: choice{&s.Refill, []string{"auto", "manual"}},
			doc: "What happens when a table's rows must be read again, as after an `ALTER` whose new values PostgreSQL cannot work out: `auto` fills it from the source while the others are followed, `manual` excludes it until `sync_tables` is run. New in this program."},
		{name: "auto_maintenance", value: interval{to: &s.AutoMaintenance},
			doc: "How often the process that follows the source does what `run_maintenance` does, without `--full`."},
		{name: "online_schema_change", value: choice{&s.SchemaChange, []string{inPlace, "replicate"}},
			doc: "What becomes of the shadow tables of gh-ost and pt-online-schema-change: `in_place` spares their rows where the table can be altered in place instead, which is proven row by row when they change places; `replicate` replicates them like any other table. New in this program."},

		{name: "relay", value: choice{&s.Relay, []string{"memory", "postgres"}},
			doc: "Where changes wait between being read and being applied: in `memory`, with the source's own binary log behind it, or in log tables in `postgres`, so that reading goes on while replay is behind or paused and the source may purge what was read. New in this program."},
		{name: "relay_max_disk", value: size{&s.RelayMaxDisk, 1 << 20},
			doc: "What the log tables of `relay: postgres` may take. When they are full, reading waits for the replay. New in this program."},
		{name: "batch_retention", value: interval{to: &s.BatchRetention, zero: true},
			doc: "How long the log tables of `relay: postgres` stay after all in them was replayed, for [looking at](operations.md#what-was-replayed) which transactions that were, and when. They go sooner where `relay_max_disk` needs their room. `disabled` or 0 drops them at once. With `relay: memory` nothing is kept."},

		{name: "replica_batch_size", ignored: batches},
		{name: "replay_max_rows", ignored: batches},
		{name: "sleep_loop", ignored: "changes are read and applied as they come, small ones in rounds of 5 ms"},
		{name: "gtid_enable", ignored: "GTIDs are used where the server has them"},
	}
}

func (s *Source) connFields() []field {
	return append(s.Conn.fields(""),
		field{name: "charset", ignored: "the connection is always utf8mb4", silent: []string{"utf8", "utf8mb3", "utf8mb4"}},
		field{name: "database", value: text{to: &s.Database, what: "the name of a database"},
			doc: "The database of a source of type `pgsql`, which must be given there; the others have none."},
	)
}

func (s *Source) skipFields() []field {
	const what = "a list of database or database.table"
	return []field{
		{name: "insert", value: names{&s.SkipEvents.Insert, what, nil}},
		{name: "update", value: names{&s.SkipEvents.Update, what, nil}},
		{name: "delete", value: names{&s.SkipEvents.Delete, what, nil}},
	}
}

// readSource reads one entry of sources.
func readSource(d *decoder, e entry) *Source {
	s := newSource(d.config)
	s.Name, s.line = e.key.text, e.key.line
	s.lift(d, e.value)
	d.dictionary(e.value, "the source "+s.Name, s.fields())
	s.checkType(d, e.value)
	if conn := e.value.entry("db_conn"); conn != nil {
		s.Conn.check(d, conn)
	}
	if mode := e.value.entry("copy_mode"); s.CopyMode == "file" && s.OutDir == "" {
		d.fail(mode.key.line, mode.key.column, "copy_mode: file needs out_dir, the folder for its files")
	}
	if retention := e.value.entry("batch_retention"); s.BatchRetention > 0 && s.Relay != "postgres" && !s.PgSQL() {
		d.config.note(retention.key.line, "batch_retention", "it has no effect with relay: memory, which keeps nothing of what was replayed")
	}
	s.checkNames(d, e.value)
	return s
}

// lift moves keys of the source that stand below its db_conn, as one block of
// pg_chameleon's example has them, to where they belong.
func (s *Source) lift(d *decoder, n *node) {
	conn := n.entry("db_conn")
	if conn == nil || conn.value.kind != dictionary {
		return
	}
	known, own := s.fields(), s.connFields()
	is := func(fields []field, e entry) bool {
		return slices.ContainsFunc(fields, func(f field) bool { return f.name == e.key.text })
	}
	kept := make([]entry, 0, len(conn.value.entries))
	var moved []entry
	for _, e := range conn.value.entries {
		if is(own, e) || !is(known, e) || n.entry(e.key.text) != nil {
			kept = append(kept, e)
			continue
		}
		moved = append(moved, e)
		d.config.note(e.key.line, e.key.text, "it stands below db_conn and is read as a key of the source %s", s.Name)
	}
	trimmed := *conn.value // an anchor's value may stand elsewhere too
	trimmed.entries = kept
	conn.value = &trimmed
	n.entries = append(n.entries, moved...)
}

// check looks at what belongs together in a connection.
func (c *Conn) check(d *decoder, e *entry) {
	c.place = fmt.Sprintf("%s:%d", d.path, e.key.line)
	given := 0
	for _, is := range []bool{!c.password.Empty(), c.PasswordEnv != "", c.PasswordFile != ""} {
		if is {
			given++
		}
	}
	if given > 1 {
		d.fail(e.key.line, e.key.column, "%s: give one of password, password_env and password_file, not %d", e.key.text, given)
	}
	if (c.SSLCert == "") != (c.SSLKey == "") {
		d.fail(e.key.line, e.key.column, "%s: sslcert and sslkey belong together: give both or neither", e.key.text)
	}
}

func (s *Source) readMappings(d *decoder, key string, n *node) {
	s.Mappings = nil
	if n.kind == null || n.kind == dictionary && len(n.entries) == 0 {
		d.fail(n.line, n.column, "%s names no database: give at least one, as database: schema", key)
		return
	}
	taken := map[string]int{}
	d.each(key, n, func(e entry) {
		to, ok := d.scalar(key+" of "+e.key.text, e.value, "the name of a PostgreSQL schema")
		if !ok {
			return
		}
		at := e.value
		switch {
		case to == "" || len(to) > 63:
			d.fail(at.line, at.column, "%s: a PostgreSQL schema's name has 1 to 63 bytes, not %d", key, len(to))
		case strings.HasPrefix(to, "pg_") || to == "information_schema" || to == "sch_chameleon":
			d.fail(at.line, at.column, "%s: the schema %s belongs to PostgreSQL or to chameleon; choose another", key, to)
		case taken[to] != 0:
			d.fail(at.line, at.column, "%s: two databases of one source cannot go to one schema, and %s is taken on line %d; a source of its own for one of them may share the schema", key, to, taken[to])
		}
		taken[to] = at.line
		s.Mappings = append(s.Mappings, Pair{e.key.text, to})
	})
}

func (s *Source) showMappings() string {
	var all []string
	for _, pair := range s.Mappings {
		all = append(all, pair.From+" → "+pair.To)
	}
	return strings.Join(all, ", ")
}

// checkNames notes entries that cannot have an effect.
func (s *Source) checkNames(d *decoder, n *node) {
	look := func(key string, list []string) {
		e := n.entry(key)
		for _, entry := range list {
			known := slices.ContainsFunc(s.Mappings, func(p Pair) bool {
				return strings.EqualFold(entry, p.From) || mapping.Wild(entry) || len(entry) > len(p.From) && entry[len(p.From)] == '.' && strings.EqualFold(entry[:len(p.From)], p.From)
			})
			if !known {
				d.config.note(e.key.line, key, "%s has no effect: schema_mappings does not have its database", entry)
			}
		}
	}
	look("limit_tables", s.LimitTables)
	look("skip_tables", s.SkipTables)
	look("skip_events", slices.Concat(s.SkipEvents.Insert, s.SkipEvents.Update, s.SkipEvents.Delete))
}
