package dial

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"pgchameleon/internal/fault"
)

// Classify gives an error of a live session its kind: fault.Retry where the
// same work may succeed later on this or a new session, fault.Data where
// PostgreSQL refuses the statement or the row, fault.Environment where a
// privilege or room is missing. An error that has a kind, and the end of a
// context, are given back as they are.
func Classify(err error) error {
	var known *fault.Error
	if err == nil || errors.As(err, &known) || errors.Is(err, context.Canceled) {
		return err
	}
	var refusal *pgconn.PgError
	if errors.As(err, &refusal) {
		kind, hint := kindOf(refusal.Code)
		return &fault.Error{Kind: kind, Hint: hint, Err: err}
	}
	var network net.Error
	var connecting *pgconn.ConnectError
	if errors.Is(err, pgconn.ErrConnClosed) || errors.Is(err, net.ErrClosed) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) ||
		errors.As(err, &network) || errors.As(err, &connecting) || pgconn.SafeToRetry(err) {
		return &fault.Error{Kind: fault.Retry, Err: err}
	}
	return err
}

// About gives an error whose advice names another connection than pg_conn; with "" it is
// the same error.
func About(name string, err error) error {
	var known *fault.Error
	if name == "" || !errors.As(err, &known) || !strings.Contains(known.Hint, usual) {
		return err
	}
	return &fault.Error{Kind: known.Kind, Err: err, Hint: strings.ReplaceAll(known.Hint, usual, name)}
}

// usual is the connection that advice names.
const usual = "pg_conn"

// Code gives the SQLSTATE of a server's refusal in err's chain, or "".
func Code(err error) string {
	var refusal *pgconn.PgError
	if errors.As(err, &refusal) {
		return refusal.Code
	}
	return ""
}

// kindOf tells what a refusal with this SQLSTATE means for a statement.
func kindOf(code string) (fault.Kind, string) {
	switch code {
	case "42501": // insufficient_privilege
		return fault.Environment, "grant the privilege to the user that pg_conn names, or make that user the owner"
	case "40001", "40P01", "55P03": // serialization_failure, deadlock_detected, lock_not_available
		return fault.Retry, ""
	case "40002": // transaction_integrity_constraint_violation
		return fault.Data, ""
	case "53100": // disk_full
		return fault.Retry, "the target's disk is full: make room, the replica goes on by itself"
	case "25006": // read_only_sql_transaction
		return fault.Retry, "the target is read-only: pg_conn must name the primary server"
	case "25P03", "25P04", "57P05": // idle timeouts
		return fault.Retry, ""
	case "57014": // query_canceled
		return fault.Retry, ""
	}
	if len(code) != 5 {
		return fault.Bug, ""
	}
	switch code[:2] {
	case "08", "53", "57", "58": // connection, resources, operator intervention, system error
		return fault.Retry, ""
	case "0A", "0L", "21", "22", "23", "2B", "2F", "34", "38", "39", "3F", "42", "44", "54", "55", "P0":
		return fault.Data, ""
	case "28", "3D":
		return fault.Environment, ""
	}
	return fault.Bug, ""
}
