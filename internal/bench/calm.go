package bench

import (
	"context"
	"errors"
	"fmt"
	"syscall"
	"time"

	"pgchameleon/internal/demo/program"
	"pgchameleon/internal/testserver/launch"
)

// calm lets the MySQL servers and the disk write what was done before, so that no side of a measurement
// pays for another. PostgreSQL makes a checkpoint after each copy only: right after one, the first change of each page
// costs the whole page in its log, which is no backlog's usual state.
func (b *bench) calm(ctx context.Context, servers ...*launch.Server) error {
	for _, server := range servers {
		if err := clean(ctx, server); err != nil {
			return fmt.Errorf("waiting for %s to write its pages: %w", server.Name, err)
		}
	}
	syscall.Sync()
	return nil
}

// fewPages is what a server without work may have dirty again.
const fewPages = 200

func clean(ctx context.Context, server *launch.Server) (err error) {
	conn, err := server.Connect(ctx, "")
	if err != nil {
		return err
	}
	defer conn.Close()
	before, err := conn.Query(ctx, "SELECT @@GLOBAL.innodb_max_dirty_pages_pct, @@GLOBAL.innodb_io_capacity, @@GLOBAL.innodb_io_capacity_max")
	if err != nil {
		return err
	}
	if err := conn.Exec(ctx, "SET GLOBAL innodb_max_dirty_pages_pct = 0", "SET GLOBAL innodb_io_capacity_max = 50000", "SET GLOBAL innodb_io_capacity = 50000"); err != nil {
		return err
	}
	defer func() {
		was := before[0]
		err = errors.Join(err, conn.Exec(context.WithoutCancel(ctx), "SET GLOBAL innodb_max_dirty_pages_pct = "+was[0], "SET GLOBAL innodb_io_capacity = "+was[1], "SET GLOBAL innodb_io_capacity_max = "+was[2]))
	}()
	ctx, cancel := context.WithTimeoutCause(ctx, time.Minute, errors.New("they were not written within a minute"))
	defer cancel()
	return program.Wait(ctx, conn, fmt.Sprintf("SELECT VARIABLE_VALUE < %d FROM information_schema.GLOBAL_STATUS WHERE VARIABLE_NAME = 'INNODB_BUFFER_POOL_PAGES_DIRTY'", fewPages), "1")
}
