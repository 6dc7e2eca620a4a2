package load

import "fmt"

// block is how many rows one transaction of a growing set changes.
const block = 100

// Growing is one table of so many small rows, each of which a backlog changes once, in blocks of neighbours
// that are far from one another.
func Growing(rows int) Set {
	blocks := max(1, rows/block)
	step := 7919 // a prime, so that no block comes twice
	for blocks%step == 0 {
		step += 2
	}
	return Set{Name: fmt.Sprintf("rows-%d", rows), What: fmt.Sprintf("a table of %d rows", rows), Transactions: blocks,
		Tables: []Table{{Name: "t", Rows: blocks * block, Key: "id", Indexes: []Index{{Columns: "k"}}, Sums: "SUM(id), SUM(k), SUM(CHAR_LENGTH(note))", Columns: []Column{
			{Name: "id", MySQL: "int NOT NULL", Postgres: "int", Value: "seq"},
			{Name: "k", MySQL: "int NOT NULL", Postgres: "int", Value: "seq % 1000003"},
			{Name: "at", MySQL: "datetime NOT NULL", Postgres: "timestamp(0)", Value: "'2020-01-01' + INTERVAL seq SECOND"},
			{Name: "note", MySQL: "varchar(60) NOT NULL", Postgres: "varchar(60)", Value: "CONCAT('note ', MD5(seq))"}}}},
		Change: func(c *Client) Transaction {
			first := 1 + block*(c.N*step%blocks)
			return Transaction{Changes: block, Statements: []string{fmt.Sprintf("UPDATE t SET k = k + 1 WHERE id BETWEEN %d AND %d", first, first+block-1)}}
		}}
}
