package load

import (
	"fmt"
	"slices"
)

// Orders is the second set, as unlike the first as tables of a shop are: keys of text and of two
// columns, unique indexes, decimals and times, transactions of uneven size, and rows of which
// several clients want the same.
func Orders(scale float64) Set {
	articles, orders := scaled(20000, scale), scaled(100000, scale)
	return Set{Name: "orders", What: "a second, different set: orders, their lines and the stock", Tables: ordersTables(articles, orders),
		Transactions: scaled(15000, scale), Change: func(c *Client) Transaction {
			switch {
			case len(c.orders) > 20 && c.Chance.IntN(5) == 0:
				return cancel(c)
			case len(c.orders) > 0 && c.Chance.IntN(2) == 0:
				return pay(c)
			}
			return place(c, articles)
		}}
}

func ordersTables(articles, orders int) []Table {
	return []Table{
		{Name: "orders", Rows: orders, Key: "number", Indexes: []Index{{Columns: "reference", Unique: true}, {Columns: "customer, placed"}},
			Sums: "SUM(total), SUM(customer), SUM(CHAR_LENGTH(remark))", Columns: []Column{
				{Name: "number", MySQL: "varchar(20) NOT NULL", Postgres: "varchar(20)", Value: "CONCAT('O-', LPAD(seq, 9, '0'))"},
				{Name: "reference", MySQL: "varchar(60) NOT NULL", Postgres: "varchar(60)", Value: "CONCAT('ref-', seq, '-', MD5(seq))"},
				{Name: "customer", MySQL: "int unsigned NOT NULL", Postgres: "bigint", Value: "seq % 5000"},
				{Name: "state", MySQL: "enum('new','paid','sent') NOT NULL", Postgres: "text", Value: "'sent'"},
				{Name: "total", MySQL: "decimal(12,2) NOT NULL", Postgres: "numeric(12,2)", Value: "RAND() * 1000"},
				{Name: "placed", MySQL: "timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP", Postgres: "timestamptz", Value: "FROM_UNIXTIME(1700000000 + seq)"},
				{Name: "changed", MySQL: "datetime(3) NOT NULL", Postgres: "timestamp(3)", Value: "'2024-01-01' + INTERVAL seq SECOND"},
				{Name: "remark", MySQL: "text", Postgres: "text", Value: "IF(seq % 3 = 0, NULL, CONCAT('Bitte bei Müller abgeben, ', seq))"},
			}},
		{Name: "order_lines", Rows: orders, Key: "number, line", Indexes: []Index{{Columns: "article"}}, Sums: "SUM(quantity), SUM(price)", Columns: []Column{
			{Name: "number", MySQL: "varchar(20) NOT NULL", Postgres: "varchar(20)", Value: "CONCAT('O-', LPAD(seq, 9, '0'))"},
			{Name: "line", MySQL: "smallint NOT NULL", Postgres: "smallint", Value: "1"},
			{Name: "article", MySQL: "varchar(24) NOT NULL", Postgres: "varchar(24)", Value: fmt.Sprintf("CONCAT('SKU/', seq %% %d)", articles)},
			{Name: "quantity", MySQL: "int NOT NULL", Postgres: "int", Value: "1 + seq % 5"},
			{Name: "price", MySQL: "decimal(10,2) NOT NULL", Postgres: "numeric(10,2)", Value: "RAND() * 100"},
		}},
		{Name: "stock", Rows: articles, Key: "article", Indexes: []Index{{Columns: "barcode", Unique: true}, {Columns: "quantity"}}, Sums: "SUM(quantity), SUM(CHAR_LENGTH(barcode))", Columns: []Column{
			{Name: "article", MySQL: "varchar(24) NOT NULL", Postgres: "varchar(24)", Value: "CONCAT('SKU/', seq - 1)"},
			{Name: "barcode", MySQL: "varchar(13) NOT NULL", Postgres: "varchar(13)", Value: "LPAD(seq * 7919, 13, '4')"},
			{Name: "quantity", MySQL: "int NOT NULL", Postgres: "int", Value: "100000"},
			{Name: "changed", MySQL: "timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP", Postgres: "timestamptz"},
		}},
	}
}

// order is one that a client has placed.
type order struct {
	number string
	lines  int
}

// place inserts an order with one to five lines, and takes them from the stock, in the order of the keys as good programs do.
func place(c *Client, articles int) Transaction {
	number := fmt.Sprintf("N-%d-%d", c.Number, c.N)
	wanted := make([]int, 1+c.Chance.IntN(5))
	for i := range wanted {
		wanted[i] = c.Chance.IntN(articles)
	}
	slices.Sort(wanted)
	c.orders = append(c.orders, order{number, len(wanted)})
	t := Transaction{Changes: 1 + 2*len(wanted), Statements: []string{fmt.Sprintf(
		"INSERT INTO orders (number, reference, customer, state, total, changed, remark) VALUES ('%s', 'ref-%s', %d, 'new', %d.%02d, NOW(3), %s)",
		number, number, c.Chance.IntN(5000), c.Chance.IntN(1000), c.Chance.IntN(100), []string{"NULL", "'Danke schön'"}[c.Chance.IntN(2)])}}
	for line, article := range wanted {
		quantity := 1 + c.Chance.IntN(5)
		t.Statements = append(t.Statements,
			fmt.Sprintf("INSERT INTO order_lines VALUES ('%s', %d, 'SKU/%d', %d, %d.%02d)", number, line+1, article, quantity, c.Chance.IntN(100), c.Chance.IntN(100)),
			fmt.Sprintf("UPDATE stock SET quantity = quantity - %d WHERE article = 'SKU/%d'", quantity, article))
	}
	return t
}

func pay(c *Client) Transaction {
	paid := c.orders[c.Chance.IntN(len(c.orders))]
	return Transaction{Changes: 1, Statements: []string{
		fmt.Sprintf("UPDATE orders SET state = 'paid', total = total + 0.01, changed = NOW(3) WHERE number = '%s'", paid.number)}}
}

func cancel(c *Client) Transaction {
	at := c.Chance.IntN(len(c.orders))
	gone := c.orders[at]
	c.orders = slices.Delete(c.orders, at, at+1)
	return Transaction{Changes: 1 + gone.lines, Statements: []string{
		fmt.Sprintf("DELETE FROM order_lines WHERE number = '%s'", gone.number), fmt.Sprintf("DELETE FROM orders WHERE number = '%s'", gone.number)}}
}
