package write

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"pgchameleon/internal/change"
	"pgchameleon/internal/fault"
	"pgchameleon/internal/target/dial"
)

// Refusal is what PostgreSQL said against a statement, without row values.
type Refusal struct {
	table     *change.Table
	statement string
	text      string
	cause     error
}

// What we refuse ourselves.
var (
	errShape  = fault.New(fault.Data, "copy the table again", "the row does not fit the table")
	errSearch = fault.New(fault.Data, "", "the column's type has no array type")
)

// Error gives PostgreSQL's message without row values, and the SQLSTATE.
func (r *Refusal) Error() string { return r.text }

// Unwrap gives the kind and the driver's error, which may hold row values.
func (r *Refusal) Unwrap() error { return r.cause }

// Table is the table that the statement was for, or nil.
func (r *Refusal) Table() *change.Table { return r.table }

// Statement is the statement's text without row values.
func (r *Refusal) Statement() string { return r.statement }

// refuse classifies an error of a statement. Whatever PostgreSQL has against a
// table's statement concerns that table alone.
func refuse(err error, t *change.Table, statement string) error {
	var known *Refusal
	var said *pgconn.PgError
	if errors.As(err, &known) {
		return err
	}
	if !errors.As(err, &said) {
		if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
			return err
		}
		return dial.Classify(err)
	}
	cause := dial.Classify(err)
	if kind := fault.KindOf(cause); t != nil && (kind == fault.Bug || kind == fault.Environment) && said.Code != "25P02" {
		cause = &fault.Error{Kind: fault.Data, Err: err}
	}
	if fault.KindOf(cause) != fault.Data {
		return cause
	}
	return &Refusal{table: t, statement: statement, text: describe(said), cause: cause}
}

// describe gives a message without the values that it may quote: those of class
// 22 (data exceptions) stand between quotes.
func describe(said *pgconn.PgError) string {
	text := said.Message
	if strings.HasPrefix(said.Code, "22") {
		for _, quotes := range []string{`""`, "«»", "»«", "„“", "“”"} {
			marks := []rune(quotes)
			from, to := strings.IndexRune(text, marks[0]), strings.LastIndex(text, string(marks[1]))
			if from >= 0 && to > from {
				text = text[:from+len(string(marks[0]))] + "…" + text[to:]
			}
		}
	}
	for _, part := range [][2]string{{"column", said.ColumnName}, {"constraint", said.ConstraintName}} {
		if part[1] != "" && !strings.Contains(text, part[1]) {
			text += fmt.Sprintf(", %s %s", part[0], part[1])
		}
	}
	if said.Code == "2BP01" || said.Code == "0A000" { // what depends on what, by name
		text += strings.TrimSuffix(": "+strings.Join(strings.Fields(said.Detail), " "), ": ")
	}
	return fmt.Sprintf("%s (SQLSTATE %s)", text, said.Code)
}
