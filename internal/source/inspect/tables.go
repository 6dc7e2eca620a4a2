package inspect

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/go-mysql-org/go-mysql/client"

	"pgchameleon/internal/schema"
	"pgchameleon/internal/source/dial"
)

// TableInfo is what a server says of a table without reading it.
type TableInfo struct {
	Name   schema.Name
	Engine string
	Type   string // "BASE TABLE", or of MariaDB "SYSTEM VERSIONED" or "SEQUENCE"
	Rows   uint64 // an estimate, where sizes are asked for
	Bytes  uint64 // of the rows, an estimate too
}

// Sequence is true for MariaDB's sequences, which show up among the tables.
func (t TableInfo) Sequence() bool { return t.Type == "SEQUENCE" }

// Schemas lists the databases that are not the server's own, by name.
func Schemas(ctx context.Context, conn *client.Conn) ([]string, error) {
	rows, err := dial.Text(ctx, conn, "SHOW DATABASES")
	if err != nil {
		return nil, fmt.Errorf("listing the databases: %w", err)
	}
	var names []string
	for _, row := range rows {
		if !slices.Contains([]string{"information_schema", "mysql", "performance_schema", "sys", "ndbinfo"}, row[0]) {
			names = append(names, row[0])
		}
	}
	slices.Sort(names)
	return names, nil
}

// Collations gives the default collation of each schema that the user sees.
func Collations(ctx context.Context, conn *client.Conn) (map[string]string, error) {
	rows, err := dial.Text(ctx, conn, "SELECT schema_name, default_collation_name FROM information_schema.schemata")
	if err != nil {
		return nil, fmt.Errorf("reading the collations of schemas: %w", err)
	}
	all := make(map[string]string, len(rows))
	for _, row := range rows {
		all[row[0]] = row[1]
	}
	return all, nil
}

const (
	nameColumns = "TABLE_SCHEMA, TABLE_NAME, IFNULL(ENGINE, ''), TABLE_TYPE"
	sizeColumns = ", IFNULL(TABLE_ROWS, 0), IFNULL(DATA_LENGTH, 0)"
)

// Tables lists the tables of a schema by name, with sequences but without
// views, and without their sizes. A schema that does not exist has no tables.
func Tables(ctx context.Context, conn *client.Conn, name string) ([]TableInfo, error) {
	return tables(ctx, conn, nameColumns, name, "")
}

// SizedTables is Tables with the tables' sizes, for which the server opens each of them.
func SizedTables(ctx context.Context, conn *client.Conn, name string) ([]TableInfo, error) {
	return tables(ctx, conn, nameColumns+sizeColumns, name, "")
}

// Table gives one table without its size; a name that no table has is of no type.
func Table(ctx context.Context, conn *client.Conn, name schema.Name) (TableInfo, error) {
	return one(tables(ctx, conn, nameColumns, name.Schema, name.Table))
}

// SizedTable is Table with the table's size.
func SizedTable(ctx context.Context, conn *client.Conn, name schema.Name) (TableInfo, error) {
	return one(tables(ctx, conn, nameColumns+sizeColumns, name.Schema, name.Table))
}

func one(list []TableInfo, err error) (TableInfo, error) {
	if err != nil || len(list) == 0 {
		return TableInfo{}, err
	}
	return list[0], nil
}

// tables lists tables; the name of one may be given.
func tables(ctx context.Context, conn *client.Conn, columns, name, table string) ([]TableInfo, error) {
	query := "SELECT " + columns + " FROM information_schema.TABLES WHERE TABLE_SCHEMA = " + dial.Literal(name) +
		" AND TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED', 'SEQUENCE')"
	if table != "" {
		query += " AND TABLE_NAME = " + dial.Literal(table)
	}
	rows, err := dial.Text(ctx, conn, query+" ORDER BY TABLE_NAME")
	if err != nil {
		return nil, fmt.Errorf("listing the tables of %s: %w", name, err)
	}
	// information_schema compares names without regard to case, even where the
	// server tells `a` from `A`.
	exact := slices.ContainsFunc(rows, func(row []string) bool { return row[0] == name && (table == "" || row[1] == table) })
	var tables []TableInfo
	for _, row := range rows {
		if exact && (row[0] != name || table != "" && row[1] != table) {
			continue
		}
		t := TableInfo{Name: schema.Name{Schema: row[0], Table: row[1]}, Engine: row[2], Type: row[3]}
		if len(row) > 4 {
			t.Rows, _ = strconv.ParseUint(row[4], 10, 64)
			t.Bytes, _ = strconv.ParseUint(row[5], 10, 64)
		}
		tables = append(tables, t)
	}
	return tables, nil
}

// Definition gives the text of SHOW CREATE TABLE.
func Definition(ctx context.Context, conn *client.Conn, table schema.Name) (string, error) {
	rows, err := dial.Text(ctx, conn, "SHOW CREATE TABLE "+quote(table))
	if err != nil {
		return "", fmt.Errorf("reading the definition of %s: %w", table, err)
	}
	if len(rows) != 1 || len(rows[0]) != 2 {
		return "", fmt.Errorf("reading the definition of %s: it is not a table", table)
	}
	return rows[0][1], nil
}

// Grants lists what SHOW GRANTS says of the connected user.
func Grants(ctx context.Context, conn *client.Conn) ([]string, error) {
	rows, err := dial.Text(ctx, conn, "SHOW GRANTS")
	if err != nil {
		return nil, fmt.Errorf("reading the user's grants: %w", err)
	}
	var grants []string
	for _, row := range rows {
		grants = append(grants, row[0])
	}
	return grants, nil
}

// Prepared counts the XA transactions that are prepared and neither committed
// nor rolled back. Their rows are in the binary log already, but not visible:
// a copy must not start from a position between the two.
func Prepared(ctx context.Context, conn *client.Conn) (int, error) {
	rows, err := dial.Text(ctx, conn, "XA RECOVER")
	if err != nil {
		return 0, fmt.Errorf("listing prepared XA transactions: %w", err)
	}
	return len(rows), nil
}

// transactional says whether a table's engine shows changes only when they are
// committed.
func transactional(ctx context.Context, conn *client.Conn, table schema.Name) (bool, error) {
	rows, err := dial.Text(ctx, conn, `SELECT t.TABLE_SCHEMA, t.TABLE_NAME, IFNULL(e.TRANSACTIONS, 'NO') FROM information_schema.TABLES t
		LEFT JOIN information_schema.ENGINES e ON e.ENGINE = t.ENGINE
		WHERE t.TABLE_SCHEMA = `+dial.Literal(table.Schema)+` AND t.TABLE_NAME = `+dial.Literal(table.Table))
	if err != nil {
		return false, fmt.Errorf("reading the engine of %s: %w", table, err)
	}
	for _, row := range rows {
		if row[2] != "YES" && (len(rows) == 1 || row[0] == table.Schema && row[1] == table.Table) {
			return false, nil
		}
	}
	return true, nil
}

func quote(table schema.Name) string {
	return dial.Quote(table.Schema) + "." + dial.Quote(table.Table)
}
