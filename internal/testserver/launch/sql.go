package launch

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/go-mysql-org/go-mysql/client"
	"github.com/go-mysql-org/go-mysql/mysql"
	"github.com/jackc/pgx/v5/pgconn"
)

// Conn is a session on a server that speaks text: it sends statements as they
// are and gives values as the server wrote them.
type Conn struct {
	mysql    *client.Conn
	postgres *pgconn.PgConn
}

// Connect opens a session as the administrator. The database "" is none on
// MySQL and "postgres" on PostgreSQL.
func (s *Server) Connect(ctx context.Context, database string) (*Conn, error) {
	if !s.MySQL() {
		if database == "" {
			database = "postgres"
		}
		config, err := pgconn.ParseConfig("sslmode=disable")
		if err != nil {
			return nil, fmt.Errorf("making a PostgreSQL configuration: %w", err)
		}
		config.Host, config.Port, config.User, config.Database = s.Host, uint16(s.Port), s.User, database // #nosec G115 -- a port
		config.Password, config.Fallbacks = "", nil
		conn, err := pgconn.ConnectConfig(ctx, config)
		if err != nil {
			return nil, fmt.Errorf("connecting to %s: %w", s.Name, err)
		}
		return &Conn{postgres: conn}, nil
	}
	conn, err := client.ConnectWithContext(ctx, s.Address(), s.User, "", database, 0, func(c *client.Conn) error {
		return c.SetCollation("utf8mb4_general_ci")
	})
	if err != nil {
		return nil, fmt.Errorf("connecting to %s: %w", s.Name, err)
	}
	return &Conn{mysql: conn}, nil
}

// Close ends the session.
func (c *Conn) Close() error {
	if c.postgres != nil {
		return c.postgres.Close(context.Background())
	}
	return c.mysql.Close()
}

// Exec runs the statements one after the other and passes over what they give. One that waits
// for no lock is asked again for ten seconds: MariaDB's own purge holds tables for a moment.
func (c *Conn) Exec(ctx context.Context, statements ...string) error {
	for _, statement := range statements {
		_, err := c.Query(ctx, statement)
		for end := time.Now().Add(10 * time.Second); isBusy(statement, err) && time.Now().Before(end); {
			time.Sleep(10 * time.Millisecond)
			_, err = c.Query(ctx, statement)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// isBusy says whether a statement failed because somebody held its table just then.
func isBusy(statement string, err error) bool {
	var refused *mysql.MyError
	return errors.As(err, &refused) && refused.Code == mysql.ER_LOCK_WAIT_TIMEOUT && strings.Contains(statement, " NOWAIT")
}

// Query runs one statement and gives its rows, NULL as the text "NULL". A
// context that ends cuts the session off.
func (c *Conn) Query(ctx context.Context, statement string) ([][]string, error) {
	var rows [][]string
	var err error
	if c.postgres != nil {
		rows, err = c.queryPostgres(ctx, statement)
	} else {
		cut := context.AfterFunc(ctx, func() { _ = c.mysql.Conn.Conn.Close() })
		rows, err = c.queryMySQL(statement)
		cut()
	}
	if err != nil {
		return nil, fmt.Errorf("running %q: %w", abridge(statement), err)
	}
	return rows, nil
}

func (c *Conn) queryPostgres(ctx context.Context, statement string) ([][]string, error) {
	var rows [][]string
	results, err := c.postgres.Exec(ctx, statement).ReadAll()
	for _, result := range results {
		for _, values := range result.Rows {
			row := make([]string, len(values))
			for i, value := range values {
				row[i] = string(value)
				if value == nil {
					row[i] = "NULL"
				}
			}
			rows = append(rows, row)
		}
	}
	return rows, err
}

func (c *Conn) queryMySQL(statement string) ([][]string, error) {
	result, err := c.mysql.Execute(statement)
	if err != nil {
		return nil, err
	}
	if !result.HasResultset() {
		return nil, nil
	}
	rows := make([][]string, 0, len(result.RowDatas))
	for _, data := range result.RowDatas {
		row := make([]string, len(result.Fields))
		for i := range row {
			value, null, n, err := mysql.LengthEncodedString(data)
			if err != nil {
				return nil, fmt.Errorf("reading a row: %w", err)
			}
			row[i], data = string(value), data[n:]
			if null {
				row[i] = "NULL"
			}
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// abridge keeps a statement of megabytes out of an error message.
func abridge(statement string) string {
	if len(statement) > 300 {
		return strings.ToValidUTF8(statement[:300], "") + "…"
	}
	return statement
}
