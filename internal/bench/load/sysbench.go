package load

import (
	"fmt"
	"strings"
)

// Sysbench is the standard set: two tables shaped as those of sysbench's oltp_write_only.
func Sysbench(scale float64) Set {
	rows := scaled(500000, scale)
	tables := []Table{sysbenchTable("sbtest1", rows), sysbenchTable("sbtest2", rows)}
	return Set{Name: "sysbench", What: fmt.Sprintf("2 tables of %d rows, shaped as sysbench's", rows), Tables: tables,
		Transactions: scaled(50000, scale), Change: sysbenchChange(tables)}
}

// scaled makes a number of rows or transactions smaller or larger.
func scaled(n int, scale float64) int { return max(8, int(float64(n)*scale)) }

// randomDigits is an expression for groups of eleven digits.
func randomDigits(groups int) string {
	return "CONCAT_WS('-'" + strings.Repeat(", LPAD(FLOOR(RAND() * 100000000000), 11, '0')", groups) + ")"
}

// sysbenchTable has a key, an indexed number and two texts.
func sysbenchTable(name string, rows int) Table {
	return Table{Name: name, Rows: rows, Key: "id", Indexes: []Index{{Columns: "k"}}, Sums: "SUM(k), SUM(id), SUM(CHAR_LENGTH(c))", Columns: []Column{
		{Name: "id", MySQL: "int NOT NULL AUTO_INCREMENT", Postgres: "int", Value: "seq"},
		{Name: "k", MySQL: "int NOT NULL DEFAULT 0", Postgres: "int", Value: fmt.Sprintf("1 + FLOOR(RAND() * %d)", rows)},
		{Name: "c", MySQL: "char(120) NOT NULL DEFAULT ''", Postgres: "char(120)", Value: randomDigits(10)},
		{Name: "pad", MySQL: "char(60) NOT NULL DEFAULT ''", Postgres: "char(60)", Value: randomDigits(5)},
	}}
}

// sysbenchChange gives a transaction on one of the tables: an update of an indexed column, one of
// another column, and a row deleted and inserted again.
func sysbenchChange(tables []Table) func(*Client) Transaction {
	return func(c *Client) Transaction {
		table := tables[c.Chance.IntN(len(tables))]
		again := c.ID(table.Rows)
		return Transaction{Changes: 4, Statements: []string{
			fmt.Sprintf("UPDATE %s SET k = k + 1 WHERE id = %d", table.Name, c.ID(table.Rows)),
			fmt.Sprintf("UPDATE %s SET c = '%s' WHERE id = %d", table.Name, digits(c.Chance, 10), c.ID(table.Rows)),
			fmt.Sprintf("DELETE FROM %s WHERE id = %d", table.Name, again),
			fmt.Sprintf("INSERT INTO %s (id, k, c, pad) VALUES (%d, %d, '%s', '%s')", table.Name, again,
				1+c.Chance.IntN(table.Rows), digits(c.Chance, 10), digits(c.Chance, 5)),
		}}
	}
}
