// Package catalogue owns our own schema in the target database, sch_chameleon:
// sources and their leases, applied and read positions, the states and chunks of
// tables, the tracked schema, errors. It does not own what a position means,
// nor when any of it is written: whoever calls gives the transaction.
package catalogue

import (
	"errors"
	"fmt"

	"pgchameleon/internal/fault"
	"pgchameleon/internal/target/dial"
)

// Schema is the catalogue's schema.
const Schema = "sch_chameleon"

// DB is a session, a transaction or a pool.
type DB = dial.DB

// ErrFenced says that another process has taken the lease since: nothing more
// may be committed for the source by this one.
var ErrFenced = errors.New("another process has taken over this source")

// reading wraps an error of the catalogue's tables, gives it its kind, and tells
// a catalogue that is not there from other trouble.
func reading(what string, err error) error {
	if err == nil {
		return nil
	}
	switch dial.Code(err) {
	case "3F000", "42P01": // invalid_schema_name, undefined_table
		return missing()
	}
	return fmt.Errorf("%s: %w", what, dial.Classify(err))
}

func missing() error {
	return fault.New(fault.State, "make it with: chameleon create_replica_schema",
		"the catalogue %s is not in the target database", Schema)
}
