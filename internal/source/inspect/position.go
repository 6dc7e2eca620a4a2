package inspect

import (
	"context"
	"fmt"
	"strconv"

	"github.com/go-mysql-org/go-mysql/client"

	"pgchameleon/internal/event"
	"pgchameleon/internal/fault"
	"pgchameleon/internal/source/dial"
)

// optimism is how often MariaDB's file position and GTIDs are read in the hope
// that nothing was committed in between, before they are looked up, which
// makes the server scan the binary log file.
const optimism = 10

// Position gives the current end of the binary log. File and Offset are at or
// after every transaction that any finished SELECT has seen. On MySQL the
// GTIDs may lack the last few transactions before that offset; on MariaDB both
// say the same.
func Position(ctx context.Context, conn *client.Conn, s *Server) (event.Position, error) {
	p, err := position(ctx, conn, s)
	if err != nil {
		return event.Position{}, fmt.Errorf("reading the binary log's position: %w", err)
	}
	return p, nil
}

func position(ctx context.Context, conn *client.Conn, s *Server) (event.Position, error) {
	if s.Flavor != event.MariaDB {
		return status(ctx, conn, s)
	}
	// Not gtid_current_pos: it holds what a replica has received, which is in
	// its own binary log only with log_slave_updates.
	const current = "SELECT @@GLOBAL.gtid_binlog_pos"
	before, err := single(ctx, conn, current)
	for range optimism {
		if err != nil {
			return event.Position{}, err
		}
		p, err := status(ctx, conn, s)
		if err != nil {
			return event.Position{}, err
		}
		after, err := single(ctx, conn, current)
		if err != nil {
			return event.Position{}, err
		}
		if p.GTIDs = after; before == after {
			return p, nil
		}
		before = after
	}
	p, err := status(ctx, conn, s)
	if err == nil {
		p.GTIDs, err = gtidsAt(ctx, conn, p)
	}
	return p, err
}

// status asks for the end of the binary log, and on MySQL for gtid_executed.
func status(ctx context.Context, conn *client.Conn, s *Server) (event.Position, error) {
	command := "SHOW MASTER STATUS"
	if s.Flavor == event.MySQL && s.Version >= 80200 {
		command = "SHOW BINARY LOG STATUS"
	}
	rows, err := dial.Text(ctx, conn, command)
	if err != nil {
		return event.Position{}, err
	}
	if len(rows) == 0 {
		return event.Position{}, fault.New(fault.Environment, "set log_bin in the server's configuration and restart it", "the server writes no binary log")
	}
	p := event.Position{Flavor: s.Flavor, Server: s.ID, File: rows[0][0]}
	if p.Offset, err = strconv.ParseUint(rows[0][1], 10, 64); err != nil {
		return event.Position{}, fmt.Errorf("reading the offset %q: %w", rows[0][1], err)
	}
	if s.Flavor == event.MySQL && s.GTID && len(rows[0]) > 4 {
		p.GTIDs = plain(rows[0][4])
	}
	return p, nil
}

// gtidsAt looks up MariaDB's GTIDs at a file position.
func gtidsAt(ctx context.Context, conn *client.Conn, p event.Position) (string, error) {
	rows, err := dial.Text(ctx, conn, fmt.Sprintf("SELECT g IS NULL, g FROM (SELECT BINLOG_GTID_POS(%s, %d) g) x", dial.Literal(p.File), p.Offset))
	if err != nil {
		return "", err
	}
	if rows[0][0] != "0" {
		return "", fault.New(fault.Retry, "the binary log has moved on; it is tried again", "the server knows no GTIDs at %s", p)
	}
	return rows[0][1], nil
}

func single(ctx context.Context, conn *client.Conn, sql string) (string, error) {
	rows, err := dial.Text(ctx, conn, sql)
	if err != nil {
		return "", err
	}
	if len(rows) != 1 {
		return "", fmt.Errorf("%d rows, not one", len(rows))
	}
	return rows[0][0], nil
}

// plain removes the line breaks that MySQL writes into GTID sets.
func plain(gtids string) string {
	out := make([]byte, 0, len(gtids))
	for i := range len(gtids) {
		if c := gtids[i]; c != '\n' && c != ' ' {
			out = append(out, c)
		}
	}
	return string(out)
}
