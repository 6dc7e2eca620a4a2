package inspect

import (
	"context"
	"fmt"

	"github.com/go-mysql-org/go-mysql/client"

	"pgchameleon/internal/event"
	"pgchameleon/internal/source/dial"
)

// headEvents is within how many events of a file its list of former GTIDs comes.
const headEvents = 4

// FormerGTIDs gives the GTIDs of all transactions before a binary log file of MySQL; "" where
// there are none, or the server has none.
func FormerGTIDs(ctx context.Context, conn *client.Conn, file string) (string, error) {
	rows, err := dial.Text(ctx, conn, fmt.Sprintf("SHOW BINLOG EVENTS IN %s LIMIT %d", dial.Literal(file), headEvents))
	if err != nil {
		return "", fmt.Errorf("reading the head of the binary log %s: %w", file, err)
	}
	for _, row := range rows {
		if len(row) > 5 && row[2] == "Previous_gtids" {
			return plain(row[5]), nil
		}
	}
	return "", nil
}

// CompleteGTIDs adds to a position of MariaDB, by file and offset, the GTIDs there.
func CompleteGTIDs(ctx context.Context, conn *client.Conn, p event.Position) (event.Position, error) {
	gtids, err := gtidsAt(ctx, conn, p)
	if err != nil {
		return p, fmt.Errorf("looking up the GTIDs at %s: %w", p, err)
	}
	p.GTIDs = gtids
	return p, nil
}

// LogFiles lists the binary log files that the server has, oldest first.
func LogFiles(ctx context.Context, conn *client.Conn) ([]string, error) {
	rows, err := dial.Text(ctx, conn, "SHOW BINARY LOGS")
	if err != nil {
		return nil, fmt.Errorf("listing the binary logs: %w", err)
	}
	files := make([]string, len(rows))
	for i, row := range rows {
		files[i] = row[0]
	}
	return files, nil
}

// UTC says whether the server's own time zone is UTC, in summer and in winter.
func UTC(ctx context.Context, conn *client.Conn) (bool, error) {
	const winter, summer = 1_735_732_800, 1_751_371_200 // 2025-01-01 12:00:00 and 2025-07-01 12:00:00
	if err := dial.Exec(ctx, conn, "SET time_zone = @@GLOBAL.time_zone"); err != nil {
		return false, fmt.Errorf("asking for the server's time zone: %w", err)
	}
	rows, err := dial.Text(ctx, conn, fmt.Sprintf("SELECT FROM_UNIXTIME(%d) = '2025-01-01 12:00:00' AND FROM_UNIXTIME(%d) = '2025-07-01 12:00:00'", winter, summer))
	if err == nil {
		err = dial.Exec(ctx, conn, "SET time_zone = '+00:00'")
	}
	if err != nil {
		return false, fmt.Errorf("asking for the server's time zone: %w", err)
	}
	return rows[0][0] == "1", nil
}
