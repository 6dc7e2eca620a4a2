package bench

import (
	"context"
	"errors"
	"fmt"
	"time"

	"pgchameleon/internal/bench/load"
	"pgchameleon/internal/demo/program"
	"pgchameleon/internal/testserver/launch"
)

// levelMirror starts a MariaDB replica if there is none, and lets it come up with the source.
func (b *bench) levelMirror(ctx context.Context, set load.Set) error {
	if b.mirror == nil {
		b.say("  starting a MariaDB replica")
		mirror, err := b.home.Start(ctx, b.Source, mirrorOptions...)
		if err != nil {
			return err
		}
		if err := onServer(ctx, mirror, fmt.Sprintf("CHANGE MASTER TO MASTER_HOST = '%s', MASTER_PORT = %d, MASTER_USER = '%s', MASTER_USE_GTID = slave_pos",
			b.source.Host, b.source.Port, b.source.User)); err != nil {
			return err
		}
		b.mirror = mirror
	}
	mark, err := b.mark(ctx, b.source, set)
	if err != nil {
		return err
	}
	_, err = b.catchUp(ctx, set, flushLater, mark)
	return err
}

// catchUp times the mirror from its start to the marker.
func (b *bench) catchUp(ctx context.Context, set load.Set, flush string, mark int64) (took time.Duration, err error) {
	conn, err := b.mirror.Connect(ctx, "")
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	if err := conn.Exec(ctx, flush); err != nil {
		return 0, err
	}
	if err := b.calm(ctx, b.source, b.mirror); err != nil {
		return 0, err
	}
	began := time.Now()
	if err := conn.Exec(ctx, "START SLAVE"); err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, conn.Exec(context.WithoutCancel(ctx), "STOP SLAVE")) }()
	if err := b.mirrored(ctx, conn, set, mark); err != nil {
		return 0, err
	}
	return time.Since(began), nil
}

// mirrored waits for the marker, which the mirror may not have yet.
func (b *bench) mirrored(ctx context.Context, conn *launch.Conn, set load.Set, mark int64) error {
	there := fmt.Sprintf("SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = '%s' AND table_name = 'marker'", set.Database())
	if err := program.Wait(ctx, conn, there, "1"); err != nil {
		return err
	}
	return b.arrived(ctx, b.mirror, "", set, mark)
}
