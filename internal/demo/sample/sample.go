// Package sample owns the demo's sample database, a small shop, and the traffic
// on it: real transactions of several clients at a modest rate. It does not
// own the server they run on, nor what becomes of them.
package sample

import (
	"context"
	_ "embed"
	"strings"

	"pgchameleon/internal/testserver/launch"
)

// Database is the sample's database on the source.
const Database = "shop"

//go:embed shop.sql
var shop string

// Load makes the database and fills it.
func Load(ctx context.Context, source *launch.Conn) error {
	return source.Exec(ctx, Statements()...)
}

// Statements are those that make the sample, in order.
func Statements() []string {
	var statements []string
	var current strings.Builder
	for line := range strings.Lines(shop) {
		if strings.HasPrefix(line, "--") {
			continue
		}
		current.WriteString(line)
		if strings.HasSuffix(line, ";\n") {
			statements = append(statements, strings.TrimSuffix(strings.TrimSpace(current.String()), ";"))
			current.Reset()
		}
	}
	return statements
}
