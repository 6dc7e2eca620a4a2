package inspect

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/go-mysql-org/go-mysql/client"

	"pgchameleon/internal/event"
	"pgchameleon/internal/fault"
	"pgchameleon/internal/schema"
	"pgchameleon/internal/source/dial"
)

// commitTries is how often it is looked whether commits have become visible,
// with growing pauses: about 40 seconds.
const commitTries = 30

// LowMark gives a position P such that every transaction at or before P that
// changed the table is visible to each SELECT that starts from now on.
//
// A transaction is in the binary log shortly before the engine shows it, so
// the log's end is not enough. MySQL from 5.7 on adds a transaction to
// gtid_executed after the engine commit: P is that set, without file and offset,
// which nothing ties to it. (5.6 adds it before.) MariaDB: a consistent snapshot
// tells up to where the log is visible. A table whose engine has no
// transactions, MySQL 5.6 and MySQL without GTIDs need a lock on that one table
// for milliseconds (and the privilege LOCK TABLES).
func LowMark(ctx context.Context, conn *client.Conn, s *Server, table schema.Name) (event.Position, error) {
	p, err := lowMark(ctx, conn, s, table)
	if err != nil {
		return event.Position{}, fmt.Errorf("taking the low mark of %s: %w", table, err)
	}
	return p, nil
}

func lowMark(ctx context.Context, conn *client.Conn, s *Server, table schema.Name) (event.Position, error) {
	safe, err := transactional(ctx, conn, table)
	switch {
	case err != nil:
		return event.Position{}, err
	case safe && s.Flavor == event.MariaDB:
		return visible(ctx, conn, s)
	case safe && s.GTID && s.Version >= 50700:
		gtids, err := single(ctx, conn, "SELECT @@GLOBAL.gtid_executed")
		if gtids != "" || err != nil {
			return event.Position{Flavor: s.Flavor, Server: s.ID, GTIDs: plain(gtids)}, err
		}
	}
	return underLock(ctx, conn, s, table)
}

// HighMark gives a position that is at or after every transaction whose
// changes of the table any finished SELECT has seen.
func HighMark(ctx context.Context, conn *client.Conn, s *Server, table schema.Name) (event.Position, error) {
	safe, err := transactional(ctx, conn, table)
	var p event.Position
	switch {
	case err != nil:
	case safe:
		p, err = position(ctx, conn, s)
	default:
		p, err = underLock(ctx, conn, s, table)
	}
	if err != nil {
		return event.Position{}, fmt.Errorf("taking the high mark of %s: %w", table, err)
	}
	return p, nil
}

// Snapshot opens a transaction on conn whose SELECTs of the table see exactly
// the transactions at or before the position. The writers of the table wait for
// milliseconds on MySQL (the lock is taken on locker, another connection), not
// at all on MariaDB; if its engine has no transactions, the table stays locked
// on conn. Release ends it, also after an error.
func Snapshot(ctx context.Context, conn, locker *client.Conn, s *Server, table schema.Name) (event.Position, error) {
	p, err := snapshot(ctx, conn, locker, s, table)
	if err != nil {
		return event.Position{}, fmt.Errorf("opening a snapshot of %s: %w", table, err)
	}
	return p, nil
}

func snapshot(ctx context.Context, conn, locker *client.Conn, s *Server, table schema.Name) (p event.Position, err error) {
	const start = "START TRANSACTION WITH CONSISTENT SNAPSHOT"
	safe, err := transactional(ctx, conn, table)
	if err != nil {
		return p, err
	}
	if safe && s.Flavor == event.MariaDB {
		if err := dial.Exec(ctx, conn, start); err != nil {
			return p, err
		}
		if p, err = snapshotPosition(ctx, conn, s); err != nil {
			return p, err
		}
		p.GTIDs, err = gtidsAt(ctx, conn, p)
		return p, err
	}
	if !safe {
		locker = conn
	}
	if err := lock(ctx, locker, table); err != nil {
		return p, err
	}
	if !safe {
		return position(ctx, conn, s)
	}
	if err = dial.Exec(ctx, conn, start); err == nil {
		p, err = position(ctx, locker, s)
	}
	if freed := unlock(ctx, locker); err == nil {
		err = freed
	}
	return p, err
}

// Release ends what Snapshot has opened on conn.
func Release(ctx context.Context, conn *client.Conn) error { return unlock(ctx, conn) }

// visible gives a position of MariaDB up to which everything is visible: the
// log's end, once a snapshot has come up with it.
func visible(ctx context.Context, conn *client.Conn, s *Server) (event.Position, error) {
	end, err := position(ctx, conn, s)
	if err != nil {
		return event.Position{}, err
	}
	for try := 0; ; try++ {
		if err := dial.Exec(ctx, conn, "START TRANSACTION WITH CONSISTENT SNAPSHOT"); err != nil {
			return event.Position{}, err
		}
		seen, err := snapshotPosition(ctx, conn, s)
		if ended := dial.Exec(ctx, conn, "ROLLBACK"); err == nil {
			err = ended
		}
		switch {
		case err != nil:
			return event.Position{}, err
		case seen.File == end.File && seen.Offset >= end.Offset, later(seen.File, end.File):
			return end, nil
		case try == commitTries:
			return event.Position{}, fault.New(fault.Retry, "a commit on the server takes unusually long (a semi-synchronous replica that does not answer?)",
				"what the binary log holds at %s has not become visible", end)
		}
		if err := pause(ctx, try); err != nil {
			return event.Position{}, err
		}
	}
}

// later compares the numbers of two binary log files of one server.
func later(a, b string) bool {
	x, errX := strconv.Atoi(a[strings.LastIndexByte(a, '.')+1:])
	y, errY := strconv.Atoi(b[strings.LastIndexByte(b, '.')+1:])
	return errX == nil && errY == nil && x > y
}

// snapshotPosition asks MariaDB for the position of conn's consistent snapshot.
func snapshotPosition(ctx context.Context, conn *client.Conn, s *Server) (event.Position, error) {
	rows, err := dial.Text(ctx, conn, "SHOW STATUS LIKE 'binlog_snapshot_%'")
	if err != nil {
		return event.Position{}, err
	}
	p := event.Position{Flavor: s.Flavor, Server: s.ID}
	for _, row := range rows {
		switch strings.ToLower(row[0]) {
		case "binlog_snapshot_file":
			p.File = row[1]
		case "binlog_snapshot_position":
			p.Offset, err = strconv.ParseUint(row[1], 10, 64)
		}
	}
	if err != nil || p.File == "" {
		return event.Position{}, fault.New(fault.Environment, "set log_bin in the server's configuration and restart it",
			"the server tells no binary log position of a snapshot")
	}
	return p, nil
}
