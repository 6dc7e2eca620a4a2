package catalogue

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"pgchameleon/internal/event"
	"pgchameleon/internal/fault"
	"pgchameleon/internal/schema"
)

//go:embed sql/log_error.sql
var logErrorSQL string

//go:embed sql/errors.sql
var errorsSQL string

// LoggedError is a line of the error log.
type LoggedError struct {
	ID       int64
	SourceID int64
	Source   string // its name; only read
	Time     time.Time
	Table    schema.Name // on the source; zero where no table is concerned
	Schema   string      // in PostgreSQL
	Name     string
	Position event.Position
	SQL      string // the statement at fault, without values
	Message  string
}

// LogError writes a line into the error log and gives its ID.
func LogError(ctx context.Context, db DB, e LoggedError) (int64, error) {
	var id int64
	err := db.QueryRow(ctx, logErrorSQL, e.SourceID, e.Table.Schema, e.Table.Table, e.Schema, e.Name, encode(e.Position),
		printable(e.SQL), printable(e.Message)).Scan(&id)
	return id, reading("writing the error log", err)
}

// Errors lists the newest lines of the error log first, at most limit (0: all);
// those of one source, or of all with sourceID 0.
func Errors(ctx context.Context, db DB, sourceID int64, limit int) ([]LoggedError, error) {
	return queryErrors(ctx, db, sourceID, 0, limit)
}

// ErrorByID gives one line of the error log; none of that ID is a fault.State.
func ErrorByID(ctx context.Context, db DB, id int64) (*LoggedError, error) {
	list, err := queryErrors(ctx, db, 0, id, 1)
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, fault.New(fault.State, "list the errors with: chameleon show_errors", "the error log has no line %d", id)
	}
	return &list[0], nil
}

func queryErrors(ctx context.Context, db DB, sourceID, id int64, limit int) ([]LoggedError, error) {
	if err := current(ctx, db); err != nil {
		return nil, err
	}
	rows, err := db.Query(ctx, errorsSQL, sourceID, id, limit)
	if err != nil {
		return nil, reading("reading the error log", err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (LoggedError, error) {
		var e LoggedError
		var position string
		err := row.Scan(&e.ID, &e.SourceID, &e.Source, &e.Time, &e.Table.Schema, &e.Table.Table, &e.Schema, &e.Name, &position, &e.SQL, &e.Message)
		var decoding error
		e.Position, decoding = event.DecodePosition(position)
		return e, errors.Join(err, decoding)
	})
	if err != nil {
		return nil, fmt.Errorf("reading the error log: %w", err)
	}
	return list, nil
}
