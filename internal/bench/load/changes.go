package load

import (
	"encoding/hex"
	"fmt"
	"strings"
)

// Changes are the shapes of backlog besides the standard one; rounds is how often each is made.
func Changes(scale float64, rounds int) []Set {
	rows, transactions := scaled(100000, scale), scaled(40000, scale)
	sets := []Set{
		{Name: "inserts", What: "inserts only", Tables: []Table{sysbenchTable("t", 0)}, Transactions: transactions, Change: four(insertOne)},
		{Name: "indexed-updates", What: "updates of an indexed column", Tables: []Table{sysbenchTable("t", rows)}, Transactions: transactions,
			Change: four(func(c *Client, _ int) string {
				return fmt.Sprintf("UPDATE t SET k = k + 1 WHERE id = %d", c.ID(rows))
			})},
		{Name: "hot-row", What: "updates of one row", Tables: []Table{sysbenchTable("t", 8)}, Transactions: transactions,
			Change: four(func(*Client, int) string { return "UPDATE t SET k = k + 1 WHERE id = 1" })},
		{Name: "deletes", What: "deletes only", Tables: []Table{sysbenchTable("t", 4*transactions*rounds)}, Transactions: transactions,
			Change: four(func(c *Client, i int) string { return fmt.Sprintf("DELETE FROM t WHERE id = %d", 1+4*c.N+i) })},
		keyless(scaled(5000, scale), scaled(1000, scale)),
		tenIndexes(rows, transactions),
		columns200(scaled(20000, scale), scaled(5000, scale)),
		large("rows-1k", "rows of 1 KB", 1000, rows, scaled(10000, scale), 2),
		large("rows-1m", "rows of 1 MB", 1<<20, scaled(100, scale), scaled(200, scale), 1),
		bulk(scaled(2500000, scale)),
	}
	return sets
}

// four makes a transaction of four statements that change a row each.
func four(statement func(*Client, int) string) func(*Client) Transaction {
	return func(c *Client) Transaction {
		transaction := Transaction{Changes: 4}
		for i := range 4 {
			transaction.Statements = append(transaction.Statements, statement(c, i))
		}
		return transaction
	}
}

func insertOne(c *Client, _ int) string {
	return fmt.Sprintf("INSERT INTO t (k, c, pad) VALUES (%d, '%s', '%s')", c.Chance.IntN(1000000), digits(c.Chance, 10), digits(c.Chance, 5))
}

// keyless has no key; its rows are unlike one another all the same.
func keyless(rows, transactions int) Set {
	table := sysbenchTable("t", rows)
	table.Key, table.Indexes = "", nil
	table.Columns[0].MySQL = "int NOT NULL"
	return Set{Name: "no-key", What: fmt.Sprintf("a table of %d rows without a key", rows), Tables: []Table{table}, Transactions: transactions,
		Change: func(c *Client) Transaction {
			again := c.ID(rows)
			return Transaction{Changes: 4, Statements: []string{
				fmt.Sprintf("UPDATE t SET k = k + 1 WHERE id = %d", c.ID(rows)),
				fmt.Sprintf("UPDATE t SET c = '%s' WHERE id = %d", digits(c.Chance, 10), c.ID(rows)),
				fmt.Sprintf("DELETE FROM t WHERE id = %d", again),
				fmt.Sprintf("INSERT INTO t (id, k, c, pad) VALUES (%d, %d, '%s', '%s')", again, c.Chance.IntN(rows), digits(c.Chance, 10), digits(c.Chance, 5)),
			}}
		}}
}

// tenIndexes has ten indexed numbers; a transaction changes two of them, or a column without an index, or a whole row.
func tenIndexes(rows, transactions int) Set {
	table := Table{Name: "t", Rows: rows, Key: "id", Columns: []Column{id}, Sums: "SUM(id), SUM(i1), SUM(i10)"}
	for n := range 10 {
		name := fmt.Sprintf("i%d", n+1)
		table.Columns = append(table.Columns, Column{Name: name, MySQL: "int NOT NULL", Postgres: "int", Value: "FLOOR(RAND() * 1000000)"})
		table.Indexes = append(table.Indexes, Index{Columns: name})
	}
	table.Columns = append(table.Columns, Column{Name: "note", MySQL: "varchar(60) NOT NULL", Postgres: "varchar(60)", Value: "MD5(RAND())"})
	return Set{Name: "ten-indexes", What: "a table with 10 secondary indexes", Tables: []Table{table}, Transactions: transactions,
		Change: func(c *Client) Transaction {
			again, values := c.ID(rows), make([]string, 10)
			for n := range values {
				values[n] = fmt.Sprint(c.Chance.IntN(1000000))
			}
			return Transaction{Changes: 4, Statements: []string{
				fmt.Sprintf("UPDATE t SET i3 = i3 + 1, i7 = %d WHERE id = %d", c.Chance.IntN(1000000), c.ID(rows)),
				fmt.Sprintf("UPDATE t SET note = '%s' WHERE id = %d", digits(c.Chance, 3), c.ID(rows)),
				fmt.Sprintf("DELETE FROM t WHERE id = %d", again),
				fmt.Sprintf("INSERT INTO t VALUES (%d, %s, '%s')", again, strings.Join(values, ", "), digits(c.Chance, 4)),
			}}
		}}
}

// columns200 changes a few of many columns.
func columns200(rows, transactions int) Set {
	return Set{Name: "columns-200", What: "a table with 200 columns", Tables: []Table{manyColumns("t", rows, 199)}, Transactions: transactions,
		Change: four(func(c *Client, _ int) string { // of every eight columns, the first is a number and the second a text
			group := 8 * c.Chance.IntN(24)
			return fmt.Sprintf("UPDATE t SET c%d = %d, c%d = '%d' WHERE id = %d", group+1, c.Chance.IntN(1000000), group+2, c.Chance.IntN(1000000), c.ID(rows))
		})}
}

// large has rows of some size, which cannot be compressed by much; a transaction replaces the text of so many.
func large(name, what string, size, rows, transactions, updates int) Set {
	parts := strings.TrimSuffix(strings.Repeat("MD5(RAND()), ", min(size/32, 64)), ", ")
	value := fmt.Sprintf("REPEAT(CONCAT(%s), %d)", parts, max(1, size/32/64))
	return Set{Name: name, What: what, Transactions: transactions,
		Tables: []Table{{Name: "t", Rows: rows, Key: "id", Sums: "SUM(id), SUM(k), SUM(CHAR_LENGTH(body))", Columns: []Column{id,
			{Name: "k", MySQL: "int NOT NULL DEFAULT 0", Postgres: "int", Value: "seq"},
			{Name: "body", MySQL: "mediumtext NOT NULL", Postgres: "text", Value: value}}}},
		Change: func(c *Client) Transaction {
			var statements []string
			for range updates {
				statements = append(statements, fmt.Sprintf("UPDATE t SET k = k + 1, body = '%s' WHERE id = %d", noise(c, size), c.ID(rows)))
			}
			return Transaction{Changes: updates, Statements: statements}
		}}
}

// noise is text of random hexadecimal digits.
func noise(c *Client, size int) string {
	bytes := make([]byte, size/2)
	for i := range bytes {
		bytes[i] = byte(c.Chance.Uint32()) // #nosec G115 -- its lowest bits
	}
	return hex.EncodeToString(bytes)
}

// bulk is one transaction: so many rows inserted, and then all of them updated.
func bulk(rows int) Set {
	table := Table{Name: "t", Key: "id", Sums: "SUM(id), SUM(k), SUM(CHAR_LENGTH(note))", Columns: []Column{
		{Name: "id", MySQL: "bigint NOT NULL", Postgres: "bigint"}, {Name: "k", MySQL: "int NOT NULL", Postgres: "int"},
		{Name: "note", MySQL: "varchar(40) NOT NULL", Postgres: "varchar(40)"}}}
	return Set{Name: "transaction", What: fmt.Sprintf("one transaction of %d row changes", 2*rows), Tables: []Table{table}, Transactions: 1,
		Bulk: []string{"DELETE FROM t",
			fmt.Sprintf("INSERT INTO t SELECT seq, FLOOR(RAND() * 1000000), MD5(RAND()) FROM seq_1_to_%d", rows),
			"UPDATE t SET k = k + 1"}}
}
