package pipeline

import (
	"context"
	"fmt"
	"io"
	"strings"

	"pgchameleon/internal/catalogue"
	"pgchameleon/internal/fault"
	"pgchameleon/internal/mapping"
	"pgchameleon/internal/target/dial"
	"pgchameleon/internal/target/write"
	"pgchameleon/internal/verify"
)

// compareTarget is the PostgreSQL end as the comparison wants it.
type compareTarget struct{ pool *dial.Pooled }

// Compare begins the comparison of a table.
func (c compareTarget) Compare(ctx context.Context, t *mapping.Table) (verify.Comparison, error) {
	comparison, err := write.Compare(ctx, c.pool, t)
	if err != nil {
		return nil, err
	}
	return compared{comparison}, nil
}

// compared is a comparison as the stage wants it.
type compared struct{ *write.Comparison }

// Rows holds rows against the table.
func (c compared) Rows(ctx context.Context, rows io.Reader, pieces bool) (verify.Found, error) {
	d, err := c.Comparison.Rows(ctx, rows, pieces)
	return found(d), err
}

// End tells what can be told only when all rows were there.
func (c compared) End(ctx context.Context) (verify.Found, error) {
	d, err := c.Comparison.End(ctx)
	return found(d), err
}

func found(d write.Differences) verify.Found {
	return verify.Found{Refused: d.Refused, Missing: d.Missing, Different: d.Different, Extra: d.Extra}
}

// verify compares both sides, table by table. The lease keeps everybody else from writing
// to the replica meanwhile; that nobody has written to the source is seen afterwards.
func (d *detaching) verify(ctx context.Context, from *origin) (string, error) {
	r := d.replica
	lease, err := catalogue.Lead(ctx, r.spec.Postgres, r.spec.Name)
	if err != nil {
		return "", err
	}
	defer lease.Release(ctx)
	rules, err := r.rules(ctx, d.conn, from.server, lease.Source.Options)
	if err != nil {
		return "", err
	}
	tables, err := d.comparable(ctx, lease, rules)
	if err != nil {
		return "", err
	}
	pool, err := dial.Pool(ctx, r.spec.Postgres, r.spec.Threads+1)
	if err != nil {
		return "", err
	}
	defer pool.Close()
	var rows, refused int64
	var differ, names []string
	n := 0
	stage := &verify.Verifier{
		Source: &copySource{config: r.spec.MySQL, server: from.server, definitions: r.definitions(from), rules: rules, budget: r.long}, Target: compareTarget{pool},
		Threads: r.spec.Threads, ChunkBytes: r.spec.ChunkBytes,
		Done: func(t *mapping.Table, f verify.Found) {
			n++
			rows, refused = rows+f.Rows, refused+f.Refused
			d.tell(fmt.Sprintf("compared %d of %d tables: %s, %d rows", n, len(tables), t.Source.Name, f.Rows))
			switch reason := r.expected(t); {
			case f.Same():
			case reason != "":
				d.warn(fmt.Sprintf("table %s: %s, as is to be expected: %s", t.Source.Name, f, reason))
			default:
				differ, names = append(differ, fmt.Sprintf("%s: %s", t.Source.Name, f)), append(names, t.Source.Name.String())
			}
		},
	}
	if err := stage.Run(ctx, tables); err != nil {
		return "", err
	}
	if len(differ) > 0 {
		text := "both sides differ: " + strings.Join(differ, "; ")
		if !d.wish.Force {
			return "", fault.New(fault.State, "fill them again with: chameleon sync_tables --source "+r.spec.Name+" --tables "+strings.Join(names, ",")+
				", or start_replica and detach with --force to leave them as they are", "%s", text)
		}
		d.warn(text)
		return text, nil
	}
	text := fmt.Sprintf("%d tables with %d rows are the same on both sides", len(tables), rows)
	if refused > 0 {
		text += fmt.Sprintf(", but for %d rows that PostgreSQL cannot hold (sch_chameleon.t_discarded_rows)", refused)
	}
	return text, nil
}

// comparable lists the tables that are followed.
func (d *detaching) comparable(ctx context.Context, lease *catalogue.Lease, rules *mapping.Rules) ([]verify.Table, error) {
	set, err := appliedSet(ctx, d.conn, lease.Source.ID, rules)
	if err != nil {
		return nil, err
	}
	records, err := catalogue.Tables(ctx, d.conn, lease.Source.ID)
	if err != nil {
		return nil, err
	}
	var tables []verify.Table
	for _, record := range records {
		t := set.Get(record.Source)
		if t == nil || t.Sequence != nil || record.State != catalogue.Replicating || !rules.Wants(record.Source) {
			continue
		}
		mapped, err := rules.Table(t)
		if err != nil {
			return nil, err
		}
		tables = append(tables, verify.Table{Mapped: mapped, Rows: record.EstimatedRows, Bytes: record.EstimatedBytes})
	}
	return tables, nil
}

// expected says why a table is not the same on both sides by the configuration; "" if it is to be.
func (r *Replica) expected(t *mapping.Table) string {
	if t.Source.Diverging {
		return "ddl_policy has ignored a statement that removed rows"
	}
	for _, list := range r.spec.SkipEvents {
		for _, name := range list {
			if name == t.Source.Schema || name == t.Source.Name.String() {
				return "skip_events leaves changes of it out"
			}
		}
	}
	return ""
}
