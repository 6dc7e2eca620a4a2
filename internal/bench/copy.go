package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"pgchameleon/internal/bench/load"
	"pgchameleon/internal/bench/meter"
	"pgchameleon/internal/demo/program"
	"pgchameleon/internal/testserver/launch"
)

// measureCopy copies the standard set.
func (b *bench) measureCopy(ctx context.Context, s *sheet) error {
	set, err := b.standard(ctx)
	if err != nil {
		return err
	}
	return b.copies(ctx, s, set, b.Rounds)
}

// copyShape copies a set that is made for that.
func (b *bench) copyShape(ctx context.Context, s *sheet, set load.Set) error {
	if err := set.Create(ctx, b.source); err != nil {
		return err
	}
	err := b.copies(ctx, s, set, b.Rounds)
	return errors.Join(err, set.Drop(ctx, b.source))
}

// manyTables take pgloader a minute and a half: it has one turn.
const manyTables = 100

// copies copies a set by the pipe of the clients, by pgloader and by the program, turn by turn.
func (b *bench) copies(ctx context.Context, s *sheet, set load.Set, rounds int) error {
	s.what = "copy of " + set.What + ", with indexes, against the pipe of the two clients"
	s.columns = []column{
		{head: "against the pipe", show: times, aim: aim{atMost: 0.8}},
		{head: "speed against pgloader", show: times, aim: aim{atLeast: 5}},
		{head: "memory", show: megabytes, aim: aim{atMost: 80 << 20}},
		{head: "chameleon", show: seconds},
		{head: "pipe", show: seconds},
		{head: "pgloader", show: seconds},
		{head: "rows/s", show: whole},
		{head: "CPU/million rows", show: seconds},
		{head: "CPU/million rows of the source", show: seconds},
		{head: "CPU/million rows of the pipe", show: seconds},
		{head: "memory of the pipe", show: megabytes},
		{head: "memory of pgloader", show: megabytes},
	}
	for round := range rounds {
		piped, pipe, err := b.pipe(ctx, set)
		if err != nil {
			return err
		}
		result, err := b.copyOnce(ctx, set)
		if err != nil {
			return err
		}
		loaded, loader := none, meter.Usage{}
		if round == 0 || len(set.Tables) < manyTables {
			if loaded, loader, err = b.pgloader(ctx, set, time.Minute+20*result.took); err != nil {
				return err
			}
		}
		took, memory := result.took.Seconds(), none
		if loader.Memory > 0 {
			memory = float64(loader.Memory)
		}
		s.add(took/piped.Seconds(), loaded/took, float64(result.usage.Memory), took, piped.Seconds(), loaded, float64(set.Rows())/took,
			perMillion(result.usage.CPU, set.Rows()), perMillion(result.source, set.Rows()), perMillion(pipe.CPU, set.Rows()), float64(pipe.Memory), memory)
		b.finish(s)
	}
	return nil
}

// run is what one command of the program has taken.
type run struct {
	took   time.Duration
	usage  meter.Usage
	source time.Duration // processor time of the source's server
}

// copyOnce runs init_replica into an empty database.
func (b *bench) copyOnce(ctx context.Context, set load.Set) (run, error) {
	p, err := b.fresh(ctx, b.source, set, "")
	if err != nil {
		return run{}, err
	}
	if err := b.calm(ctx, b.source); err != nil {
		return run{}, errors.Join(err, b.drop(context.WithoutCancel(ctx), p))
	}
	result, err := initialise(ctx, b.source, p)
	if err == nil {
		err = set.Compare(ctx, b.source, b.target, p.Settings.TargetDatabase)
	}
	return result, errors.Join(err, b.drop(ctx, p))
}

// initialise runs init_replica in the foreground.
func initialise(ctx context.Context, source *launch.Server, p *program.Program) (run, error) {
	var result run
	server, err := meter.Server(source)
	if err != nil {
		return result, err
	}
	before, err := meter.CPU(server)
	if err != nil {
		return result, err
	}
	var out bytes.Buffer
	cmd := p.Command(ctx, "init_replica", "--source", program.Source, "--debug")
	cmd.Stdout, cmd.Stderr = &out, &out
	began := time.Now()
	watched, err := meter.Start(cmd)
	if err != nil {
		return result, fmt.Errorf("starting init_replica: %w", err)
	}
	if result.usage, err = watched.Wait(); err != nil {
		return result, fmt.Errorf("running init_replica: %w\n%s", err, out.String())
	}
	result.took = time.Since(began)
	after, err := meter.CPU(server)
	result.source = after - before
	return result, err
}
