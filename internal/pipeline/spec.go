// Package pipeline owns the phases of a replica (prepare, copy, follow, detach) and the
// start and stop of all goroutines. It does not own flags, files, terminals or
// how anything is shown.
package pipeline

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"pgchameleon/internal/catalogue"
	"pgchameleon/internal/ddl/parse"
	"pgchameleon/internal/event"
	"pgchameleon/internal/mapping"
	"pgchameleon/internal/relay"
	"pgchameleon/internal/source/binlog"
	source "pgchameleon/internal/source/dial"
	"pgchameleon/internal/source/inspect"
	"pgchameleon/internal/source/snapshot"
	target "pgchameleon/internal/target/dial"
)

// Spec is what one source's replica is made from.
type Spec struct {
	Name             string // of the source
	MySQL            source.Config
	PgSQL            *target.Config // of a source that is PostgreSQL itself; nil for MySQL and MariaDB
	Slot             string         // replication_slot: made where such a source's copy begins; "": none
	Postgres         target.Config
	Rules            mapping.Rules             // Types and Fold are found out, not given
	ServerID         uint32                    // as a replica of the source; 0: chosen
	Threads          int                       // connections that copy at once; 0: 2
	ApplyThreads     int                       // batches that are written at once; 0: 2
	ChunkBytes       int64                     // rows of about so many bytes are copied in one transaction; 0: 16 MiB
	Relay            relay.Form                // "": in memory
	RelayBytes       int                       // binlog that may wait for being applied in memory; 0: 16 MiB
	RelayDisk        int64                     // what the relay in PostgreSQL may take there; 0: 10 GiB
	RelayRetention   time.Duration             // batch_retention: how long that keeps what was replayed
	ExitOnError      bool                      // on_error_replay: exit
	ReplicateShadows bool                      // online_schema_change: replicate
	ManualRefill     bool                      // refill: manual
	KeepExisting     bool                      // keep_existing_schema: load into the tables that are there
	Grants           []string                  // roles that may read the replicated tables
	LockTimeout      time.Duration             // for the swap and for DDL; 0: none
	SkipEvents       map[event.Action][]string // schemas and tables (schema.table) of which such changes are not applied
	Fillfactor       func(names ...string) int // of a table, by its names on both sides; 0: PostgreSQL's own
	OutDir           string                    // copy_mode: file; "": rows stream from end to end
	OnErrorRead      string                    // on_error_read: "continue", "exit", or "" for neither
	AutoMaintenance  time.Duration             // how often the replica's tables are vacuumed; 0: never
	MaxRetry         time.Duration             // longest pause between two tries to reach a server; 0: 30 s
}

// Replica runs one source's phases.
type Replica struct {
	spec   Spec
	log    *slog.Logger
	reader *binlog.Stream         // of all runs of Follow
	wanted atomic.Pointer[filter] // by which it keeps tables
	long   *snapshot.Budget       // of long rows that are copied

	unchecked bool           // the source could not be looked at before it was followed
	unfit     map[int64]bool // foreign keys that rows are against, by their OIDs

	apartUntil time.Time // till when batches are applied one after the other
	apartTime  time.Duration
}

// New gives the replica of a source; nothing is connected yet.
func New(spec Spec, log *slog.Logger) *Replica {
	if spec.Threads <= 0 {
		spec.Threads = 2
	}
	if spec.ApplyThreads <= 0 {
		spec.ApplyThreads = 2
	}
	if spec.ChunkBytes <= 0 {
		spec.ChunkBytes = 16 << 20
	}
	if spec.RelayBytes <= 0 {
		spec.RelayBytes = 16 << 20
	}
	if spec.RelayDisk <= 0 {
		spec.RelayDisk = 10 << 30
	}
	if spec.MaxRetry <= 0 {
		spec.MaxRetry = 30 * time.Second
	}
	spec.Postgres.Source = spec.Name
	return &Replica{spec: spec, log: log.With("source", spec.Name), long: snapshot.NewBudget(), unfit: map[int64]bool{}}
}

// origin is the source server and what it is.
type origin struct {
	conn    *source.Conn // nil: it is away
	server  *inspect.Server
	dialect parse.Dialect
	hidden  *inspect.Hidden
}

// reach connects to the source and asks what it is.
func (r *Replica) reach(ctx context.Context) (*origin, error) {
	conn, err := source.Connect(ctx, r.spec.MySQL, "")
	if err != nil {
		return nil, err
	}
	server, err := inspect.Facts(ctx, conn)
	if err != nil {
		_ = conn.Close()
		return nil, err
	}
	return &origin{conn: conn, server: server, hidden: inspect.NewHidden(server), dialect: dialectOf(server)}, nil
}

func dialectOf(server *inspect.Server) parse.Dialect {
	return parse.Dialect{
		Flavor: server.Flavor, Version: server.Version, Collation: server.Vars["collation_server"],
		ImplicitTimestamps: server.Vars["explicit_defaults_for_timestamp"] == "OFF", LowerNames: server.Vars["lower_case_table_names"] == "1",
	}
}

func (o *origin) close() {
	if o.conn != nil {
		_ = o.conn.Close()
	}
}

// status sets the source's status, also when ctx has ended.
func (r *Replica) status(ctx context.Context, db catalogue.DB, id int64, status catalogue.Status) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), parkWithin)
	defer cancel()
	return catalogue.SetStatus(ctx, db, id, status)
}
