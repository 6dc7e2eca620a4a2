package ddl

import (
	"fmt"
	"strings"

	"pgchameleon/internal/mapping"
	"pgchameleon/internal/schema"
)

// PostgreSQL's sequences are all of bigint, whose limits are stated. They hand out values one
// by one: the server of the source has one cache for all of its sessions, and PostgreSQL's
// would be one for each.

// CreateSequence gives the statements that make a sequence, by its name in PostgreSQL.
func CreateSequence(ident string, s *schema.Sequence) []string {
	sql := []string{"CREATE SEQUENCE " + ident + " " + sequenceOptions(s)}
	if value, used := Reached(s); used || value != startOf(s) {
		sql = append(sql, SetSequence(ident, value, used))
	}
	return sql
}

// AlterSequence gives the statements that bring a sequence to its definition and value.
func AlterSequence(ident string, s *schema.Sequence) []string {
	value, used := Reached(s)
	sql := []string{fmt.Sprintf("ALTER SEQUENCE %s %s RESTART WITH %d", ident, sequenceOptions(s), value)}
	if used {
		sql = append(sql, SetSequence(ident, value, used))
	}
	return sql
}

// SetSequence gives the statement that sets a sequence's value.
func SetSequence(ident string, value int64, used bool) string {
	return fmt.Sprintf("SELECT setval(%s, %d, %t)", strings.TrimSpace(mapping.Literal(ident)), value, used)
}

// Reached gives the value that a sequence of PostgreSQL has to be set to, and whether that one
// is used up: the next one is the first that the source cannot have handed out.
func Reached(s *schema.Sequence) (value int64, used bool) {
	least, most := limitsOf(s)
	value = max(least, min(s.Next, most))
	if s.Increment < 0 {
		return value, s.Next < least
	}
	return value, s.Next > most
}

func limitsOf(s *schema.Sequence) (least, most int64) {
	return min(s.Min, s.Max-1), s.Max // one that lies beyond bigint has no room left
}

func startOf(s *schema.Sequence) int64 {
	least, most := limitsOf(s)
	return max(least, min(s.Start, most))
}

func sequenceOptions(s *schema.Sequence) string {
	increment := s.Increment
	if increment == 0 {
		increment = 1
	}
	least, most := limitsOf(s)
	cycle := "NO CYCLE"
	if s.Cycle && !s.Capped { // the source begins again elsewhere
		cycle = "CYCLE"
	}
	return fmt.Sprintf("INCREMENT BY %d MINVALUE %d MAXVALUE %d START WITH %d %s", increment, least, most, startOf(s), cycle)
}
