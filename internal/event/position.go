// Package event owns what MySQL said: transactions of row images and statement
// text, and the opaque Position that orders them. It does not own how they
// were read, what a position means, or what PostgreSQL makes of them.
package event

import (
	"encoding/json"
	"fmt"
)

// Flavor tells the two families of servers apart where they differ.
type Flavor string

// The two flavors, spelt as the go-mysql library spells them.
const (
	MySQL   Flavor = "mysql"
	MariaDB Flavor = "mariadb"
)

// Position is a place between two transactions in a source's binary log: all
// transactions before it, none after it. Only the package source/binlog
// compares or advances positions; everybody else stores and shows them.
type Position struct {
	Flavor Flavor `json:"flavor"`
	Server string `json:"server,omitempty"` // server_uuid (MySQL) or server_id (MariaDB): File and Offset are that server's
	File   string `json:"file,omitempty"`
	Offset uint64 `json:"offset,omitempty"`
	GTIDs  string `json:"gtids,omitempty"` // executed set (MySQL) or gtid_pos (MariaDB); empty where the server has no GTIDs
}

// IsZero is true for the position that says nothing.
func (p Position) IsZero() bool { return p == Position{} }

// String shows a position to people: file:offset, and the GTIDs if there are any.
func (p Position) String() string {
	if p.GTIDs == "" {
		return fmt.Sprintf("%s:%d", p.File, p.Offset)
	}
	return fmt.Sprintf("%s:%d (%s)", p.File, p.Offset, p.GTIDs)
}

// Encode gives the text that DecodePosition reads; the catalogue stores it.
func (p Position) Encode() string {
	text, err := json.Marshal(p)
	if err != nil {
		panic(err) // a struct of strings and a number always encodes
	}
	return string(text)
}

// DecodePosition reads what Encode wrote; "" gives the zero position.
func DecodePosition(text string) (Position, error) {
	var p Position
	if text == "" {
		return p, nil
	}
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		return Position{}, fmt.Errorf("reading the position %q: %w", text, err)
	}
	return p, nil
}
