// Package inspect owns what is asked of the target: what the server is, what
// its user may do, and what stands in its schemas. It does not own connections,
// what is changed there, or what the answers mean to a replica.
package inspect

import (
	"context"
	_ "embed"
	"fmt"
	"strings"

	"pgchameleon/internal/target/dial"
)

// Server is what the target says about itself and its present user.
type Server struct {
	Version     int // 150018 for 15.18
	VersionText string
	Database    string
	User        string
	Encoding    string // of the database
	ReadOnly    bool   // a standby, or default_transaction_read_only
	Superuser   bool
	CreateIn    bool              // may make schemas in the database
	Temporary   bool              // may make temporary tables
	Extensions  map[string]string // installed extensions and their schemas
	SearchPath  []string          // schemas in which names are looked up
}

//go:embed server.sql
var serverSQL string

// Facts asks the target what it is.
func Facts(ctx context.Context, db dial.DB) (*Server, error) {
	s := &Server{}
	err := db.QueryRow(ctx, serverSQL).Scan(&s.Version, &s.VersionText, &s.Database, &s.User, &s.Encoding, &s.ReadOnly, &s.Superuser,
		&s.CreateIn, &s.Temporary, &s.Extensions, &s.SearchPath)
	if err != nil {
		return nil, fmt.Errorf("asking the target what it is: %w", dial.Classify(err))
	}
	return s, nil
}

// HasType says whether the target has a type of this name, as an SQL type is written.
func HasType(ctx context.Context, db dial.DB, name string) (exists bool, err error) {
	err = db.QueryRow(ctx, "SELECT to_regtype($1) IS NOT NULL", name).Scan(&exists)
	if strings.HasPrefix(dial.Code(err), "42") { // what cannot be read as a type is none
		return false, nil
	}
	return exists, dial.Classify(err)
}

// PostGIS is true where the types of extension postgis can be used.
func (s *Server) PostGIS() bool { return s.usable("postgis") }

// PGVector is true where the types of extension vector can be used.
func (s *Server) PGVector() bool { return s.usable("vector") }

// Trigram is true where the operators of extension pg_trgm can be used.
func (s *Server) Trigram() bool { return s.usable("pg_trgm") }

// CIText is true where the type of extension citext can be used.
func (s *Server) CIText() bool { return s.usable("citext") }

// usable is true for an extension that is installed in a schema where its
// names are found.
func (s *Server) usable(extension string) bool {
	schema, installed := s.Extensions[extension]
	if !installed {
		return false
	}
	for _, visible := range s.SearchPath {
		if visible == schema {
			return true
		}
	}
	return false
}
