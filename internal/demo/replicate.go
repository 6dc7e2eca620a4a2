package demo

import (
	"context"
	"errors"
	"fmt"
	"time"

	"pgchameleon/internal/demo/equality"
	"pgchameleon/internal/demo/program"
	"pgchameleon/internal/demo/sample"
	"pgchameleon/internal/testserver/launch"
)

// arrival is how long everything may take to arrive once the traffic is over.
const arrival = 2 * time.Minute

// replicate copies under traffic, follows it, and proves the outcome.
func (d *demo) replicate(ctx context.Context) (err error) {
	d.say("Traffic begins: %d clients, about %d transactions a second", d.Clients, d.Clients*d.Rate)
	traffic := sample.NewTraffic(d.source, 20)
	trafficking, end := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- traffic.Run(trafficking, d.Clients, d.Rate) }()
	stop := func() error {
		end()
		err := <-ended
		ended <- nil // asked again, it is over
		return err
	}
	defer func() { err = errors.Join(err, stop()) }()

	d.say("The copy, without locks, while the traffic goes on")
	initialise := []string{"init_replica", "--source", program.Source, "--debug"}
	d.command(initialise...)
	if err := d.program.Show(ctx, initialise...); err != nil {
		return err
	}
	d.say("Following the binlog")
	start := []string{"start_replica", "--source", program.Source}
	d.command(start...)
	if err := d.program.Show(ctx, start...); err != nil {
		return fmt.Errorf("%w\n%s", err, d.program.LogTail(20))
	}
	if err := d.follow(ctx, traffic); err != nil {
		return err
	}
	if err := stop(); err != nil {
		return err
	}
	d.say("The traffic has stopped after %d transactions (%d more were refused, mostly for foreign keys)",
		traffic.Committed.Load(), traffic.Refused.Load())
	if err := d.arrive(ctx, int64(1)<<40); err != nil {
		return err
	}
	return d.prove(ctx)
}

// follow looks at the status now and then while the traffic goes on, and
// changes a table in the middle of it.
func (d *demo) follow(ctx context.Context, traffic *sample.Traffic) error {
	const looks = 3
	source, err := d.source.Connect(ctx, sample.Database)
	if err != nil {
		return err
	}
	defer source.Close()
	for look := range looks {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(d.Follow / looks):
		}
		if look == 0 {
			statement := "ALTER TABLE customers ADD COLUMN loyalty int NOT NULL DEFAULT 7 AFTER country"
			d.say("A change of the schema in the middle of it: %s", statement)
			if err := source.Exec(ctx, statement); err != nil {
				return err
			}
		}
		d.say("%d transactions so far", traffic.Committed.Load())
		status := []string{"show_status", "--source", program.Source}
		d.command(status...)
		if err := d.program.Show(ctx, status...); err != nil {
			return err
		}
	}
	return nil
}

// arrive writes a last row and waits until the target shows it: then all that
// the source has committed before is there.
func (d *demo) arrive(ctx context.Context, number int64) error {
	source, err := d.source.Connect(ctx, sample.Database)
	if err != nil {
		return err
	}
	defer source.Close()
	if err := source.Exec(ctx, fmt.Sprintf("UPDATE pulse SET n = %d", number)); err != nil {
		return err
	}
	position, err := source.Query(ctx, "SELECT @@gtid_binlog_pos")
	if err != nil {
		return err
	}
	target, err := d.target.Connect(ctx, "warehouse")
	if err != nil {
		return err
	}
	defer target.Close()
	began := time.Now()
	limited, cancel := context.WithTimeoutCause(ctx, arrival, errors.New("it has not arrived after two minutes"))
	defer cancel()
	if err := program.Wait(limited, target, "SELECT n FROM shop.pulse", fmt.Sprint(number)); err != nil {
		return fmt.Errorf("%w\n%s", err, d.program.LogTail(20))
	}
	d.note("the source stands at %s; the target has it all after %.0f ms", position[0][0], float64(time.Since(began).Microseconds())/1000)
	return nil
}

// prove compares all rows of all tables.
func (d *demo) prove(ctx context.Context) error {
	d.say("The proof: every row of every table, compared by value on both sides")
	source, err := d.source.Connect(ctx, "")
	if err != nil {
		return err
	}
	defer source.Close()
	target, err := d.target.Connect(ctx, "warehouse")
	if err != nil {
		return err
	}
	defer target.Close()
	verdicts, err := equality.Compare(ctx, source, target, sample.Database, "shop")
	if err != nil {
		return err
	}
	rows, equal := 0, true
	for _, v := range verdicts {
		rows += v.Rows
		if len(v.Differ) == 0 {
			d.note("equal    %7d rows × %2d columns  %s", v.Rows, v.Columns, v.Table)
			continue
		}
		equal = false
		d.note("DIFFERS  %7d rows × %2d columns  %s", v.Rows, v.Columns, v.Table)
		for _, difference := range v.Differ {
			d.note("         %s", difference)
		}
	}
	if !equal {
		d.say("The two sides DIFFER")
		return fmt.Errorf("%w\n%s", ErrDiffers, d.program.LogTail(20))
	}
	d.say("Equal: %d rows in %d tables", rows, len(verdicts))
	return nil
}

// clean ends the daemon and the servers and removes everything.
func (d *demo) clean(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	var stopping error
	if d.program != nil {
		_, stopping = d.program.Run(ctx, "stop_replica", "--source", program.Source)
	}
	closing := d.home.Close()
	if closing == nil {
		d.say("Stopped and removed all of it")
	}
	return errors.Join(stopping, closing)
}

// keep leaves everything up and says how to look at it and how to end it.
func (d *demo) keep() error {
	if err := d.home.Keep(); err != nil {
		return err
	}
	client := map[bool]string{true: "mariadb", false: "mysql"}[d.source.Flavor() == "mariadb"]
	d.say("Everything stays up. To look around:")
	d.note("%s/%s --no-defaults -S %s -u %s shop", d.source.Bin, client, d.source.Socket, d.source.User)
	d.note("%s/psql -h %s -p %d -U %s warehouse -c 'SET search_path = shop' …", d.target.Bin, d.target.Host, d.target.Port, d.target.User)
	d.note("export CHAMELEON_HOME=%s; %s show_status --source %s", d.program.Home, d.Bin, program.Source)
	d.note("To end and remove it:")
	d.note("bin/demo -stop %s", d.home.Dir)
	return nil
}

// Stop ends what an earlier demo has kept.
func Stop(dir string) error {
	home, err := launch.Reopen(dir)
	if err != nil {
		return err
	}
	return home.Close()
}
