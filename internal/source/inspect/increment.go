package inspect

import (
	"context"
	"fmt"
	"strconv"

	"github.com/go-mysql-org/go-mysql/client"

	"pgchameleon/internal/event"
	"pgchameleon/internal/schema"
	"pgchameleon/internal/source/dial"
)

// AutoIncrements gives the next AUTO_INCREMENT values of a schema's tables as of now, in one round trip.
func AutoIncrements(ctx context.Context, conn *client.Conn, s *Server, name string) (map[schema.Name]uint64, error) {
	if s.Flavor == event.MySQL && s.Version >= 80000 { // or else it may tell those of yesterday
		if err := dial.Exec(ctx, conn, "SET SESSION information_schema_stats_expiry = 0"); err != nil {
			return nil, fmt.Errorf("reading the AUTO_INCREMENT values of %s: %w", name, err)
		}
	}
	rows, err := dial.Text(ctx, conn, "SELECT TABLE_SCHEMA, TABLE_NAME, AUTO_INCREMENT FROM information_schema.TABLES WHERE AUTO_INCREMENT IS NOT NULL AND TABLE_SCHEMA = "+dial.Literal(name))
	if err != nil {
		return nil, fmt.Errorf("reading the AUTO_INCREMENT values of %s: %w", name, err)
	}
	next := make(map[schema.Name]uint64, len(rows))
	for _, row := range rows {
		if next[schema.Name{Schema: row[0], Table: row[1]}], err = strconv.ParseUint(row[2], 10, 64); err != nil {
			return nil, fmt.Errorf("reading the AUTO_INCREMENT value of %s.%s: %w", row[0], row[1], err)
		}
	}
	return next, nil
}
