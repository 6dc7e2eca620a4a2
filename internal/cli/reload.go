package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"sync"
	"sync/atomic"
	"syscall"

	"pgchameleon/internal/config"
	"pgchameleon/internal/daemon"
	"pgchameleon/internal/fault"
)

// errReload ends a run of a work that goes on with another configuration.
var errReload = errors.New("the configuration is read again")

// doing does a work. If it may be reloaded, SIGHUP has the configuration read again: what is wrong
// with it is told in the log, and the work goes on as it was. The log itself stays as it is.
func (a *App) doing(ctx context.Context, j job, w work) error {
	if terminal(a.Out) || terminal(a.Err) { // one that goes away ends what runs in it
		return w.do(ctx, j)
	}
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	defer signal.Stop(hangups)
	if !w.reloads { // it ends before anything of the file matters to it again
		return w.do(ctx, j)
	}
	j.ready = sync.OnceFunc(j.ready)
	var before Engine // with which it ran until now
	for {
		next, begun, err := a.doUntilReload(ctx, hangups, j, w)
		switch {
		case ctx.Err() == nil && before != nil && !begun && fault.KindOf(err) == fault.Config:
			j.log.Error("the configuration cannot be followed; going on with the one before", "source", j.source, "error", err, "hint", fault.HintOf(err))
			j.engine, before = before, nil
		case next == nil:
			return err
		default:
			before, j.engine = j.engine, next
			j.log.Info("the configuration was read again", "source", j.source)
		}
	}
}

// doUntilReload does the work until it ends, or is to go on with the engine of another configuration.
func (a *App) doUntilReload(ctx context.Context, hangups <-chan os.Signal, j job, w work) (next Engine, begun bool, err error) {
	inner, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	ready := j.ready
	var started atomic.Bool
	j.ready = func() { started.Store(true); ready() }
	ended := make(chan error, 1)
	go func() { ended <- w.do(inner, j) }()
	for {
		select {
		case err := <-ended:
			return next, started.Load(), err
		case <-hangups:
			if next != nil {
				continue // it is about to
			}
			engine, err := a.reload(j)
			if err != nil {
				j.log.Error("the configuration was not taken; going on with the one before", "source", j.source, "error", err, "hint", fault.HintOf(err))
				continue
			}
			next = engine
			cancel(errReload)
		}
	}
}

// reload reads the configuration again.
func (a *App) reload(j job) (Engine, error) {
	c, err := a.load()
	if err != nil {
		return nil, err
	}
	if _, err := c.Source(j.source); err != nil {
		return nil, err
	}
	return a.Engine(c, j.source, j.log)
}

// rouse lets the process on this machine that follows a source read its configuration again.
func (a *App) rouse(c *config.Config, source string) {
	process, err := daemon.Running(pidFile(c, source))
	if err == nil && process.Running() && reloads(process.Task) {
		err = daemon.Hangup(pidFile(c, source), process)
	}
	if err != nil { // another user's, say; what the catalogue says is taken up all the same
		fmt.Fprintf(a.Err, "the process that follows source %s could not be told to read its configuration again: %v\n", source, err)
	}
}

// reloads says of a task whether SIGHUP lets it read its configuration again.
func reloads(task string) bool { return task == "start_replica" || task == together }
