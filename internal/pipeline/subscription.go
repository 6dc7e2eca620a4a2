package pipeline

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"

	"pgchameleon/internal/catalogue"
	"pgchameleon/internal/fault"
	"pgchameleon/internal/mapping"
	"pgchameleon/internal/source/pgsql"
	"pgchameleon/internal/status"
	"pgchameleon/internal/target/dial"
)

// Subscription tells how a source that is PostgreSQL is followed by logical replication, which is its own.
func (e *Engine) Subscription(ctx context.Context, name string) (*status.Subscription, error) {
	spec, err := e.either(name)
	if err != nil {
		return nil, err
	}
	if spec.PgSQL == nil {
		return nil, fault.New(fault.Config, "follow it with: chameleon start_replica --source "+name, "source %s is not PostgreSQL", name)
	}
	p := &publishing{spec: &spec, copied: map[[2]string]bool{}, name: slotName(&spec)}
	err = e.with(ctx, func(conn *dial.Conn) error {
		known, err := catalogue.Find(ctx, conn, name)
		if err != nil {
			return err
		}
		tables, err := catalogue.Tables(ctx, conn, known.ID)
		for _, t := range tables {
			if t.State == catalogue.Copied {
				p.copied[[2]string{t.Source.Schema, t.Source.Table}] = true
			}
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	if len(p.copied) == 0 {
		return nil, fault.New(fault.State, "run: chameleon init_replica --source "+name, "source %s has not been copied yet", name)
	}
	conn, err := pgsql.Connect(ctx, *spec.PgSQL)
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	schemas := slices.Sorted(maps.Keys(spec.Rules.Schemas))
	if p.server, err = pgsql.Facts(ctx, conn, schemas); err != nil {
		return nil, err
	}
	if p.tables, err = pgsql.Publishables(ctx, conn, schemas); err != nil {
		return nil, err
	}
	if p.published, p.slotted, err = pgsql.Publication(ctx, conn, p.name); err != nil {
		return nil, err
	}
	return &status.Subscription{Steps: p.steps()}, nil
}

// slotName is the name of slot, publication and subscription: the configuration's, or one that can be proposed.
func slotName(spec *Spec) string {
	if spec.Slot != "" {
		return spec.Slot
	}
	return "chameleon_" + strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return '_'
	}, strings.ToLower(spec.Name))
}

// publishing is what the commands are made from.
type publishing struct {
	spec      *Spec
	name      string
	server    *pgsql.Server
	tables    []pgsql.Publishable
	copied    map[[2]string]bool
	published bool
	slotted   bool
}

// steps lists what is to be done, in its order. A publication has to be there before the slot, or the slot
// cannot be read; the slot has to be made where the copy begins, or changes between the two are lost or come twice.
func (p *publishing) steps() []status.Instruction {
	var list []status.Instruction
	exact := p.spec.Slot != "" && p.slotted
	if !p.published {
		list = append(list, status.Instruction{Where: "on the source, in database " + p.server.Database, Lines: p.publication()})
	}
	subscription := p.subscription(", create_slot = false, slot_name = " + mapping.Literal(p.name))
	if !exact {
		anew := "chameleon init_replica --source " + p.spec.Name
		list = append(list, status.Instruction{Where: "in the configuration, below the source " + p.spec.Name, Lines: []string{"replication_slot: " + p.name}},
			status.Instruction{Where: "in a shell: a copy that begins exactly where the slot does", Lines: []string{anew}})
	}
	list = append(list, status.Instruction{Where: "on the target, by a superuser or a member of pg_create_subscription", Lines: subscription})
	if !exact {
		list = append(list, status.Instruction{
			Where: "or, if nothing has been written to the source since its last copy began: without another copy, on the target, after the publication", Lines: p.subscription(""),
		})
	}
	return append(list, status.Instruction{Where: "to know", Lines: []string{
		"-- logical replication carries rows and TRUNCATE; DDL and the values of sequences stay behind",
		"-- the slot keeps the source's WAL until it is read: if nobody is to subscribe, run on the source: SELECT pg_drop_replication_slot(" + mapping.Literal(p.name) + ");",
		"-- the end of it, on the target: DROP SUBSCRIPTION " + mapping.Quote(p.name) + "; before the next init_replica",
	}})
}

func (p *publishing) publication() []string {
	var lines, names, unlogged []string
	if p.server.WALLevel != "logical" {
		lines = append(lines, "ALTER SYSTEM SET wal_level = logical; -- then restart the server; it is "+p.server.WALLevel+" now")
	}
	for _, t := range p.tables {
		ident := pgsql.Ident(t.Schema, t.Name)
		switch {
		case !p.copied[[2]string{t.Schema, t.Name}]:
			continue
		case !t.Logged:
			unlogged = append(unlogged, ident)
			continue
		case !t.Identified:
			lines = append(lines, "ALTER TABLE "+ident+" REPLICA IDENTITY FULL; -- it has no primary key: without this its updates and deletes would fail")
		}
		if !p.copied[[2]string{t.RootSchema, t.Root}] { // or else it is published with it
			names = append(names, ident)
		}
	}
	if len(unlogged) > 0 {
		lines = append(lines, "-- unlogged tables cannot be published: "+strings.Join(unlogged, ", "))
	}
	return append(lines, "CREATE PUBLICATION "+mapping.Quote(p.name)+" FOR TABLE "+strings.Join(names, ", ")+";")
}

func (p *publishing) subscription(options string) []string {
	var lines []string
	for _, from := range slices.Sorted(maps.Keys(p.spec.Rules.Schemas)) {
		if to := p.spec.Rules.Schemas[from]; from != to {
			lines = append(lines, "ALTER SCHEMA "+mapping.Quote(to)+" RENAME TO "+mapping.Quote(from)+
				"; -- logical replication wants the same names on both sides; rename it back before another init_replica")
		}
	}
	c := p.spec.PgSQL
	var words []string
	add := func(key, value string) {
		if value != "" && value != "0" {
			words = append(words, key+"="+"'"+strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(value)+"'")
		}
	}
	add("host", c.Host)
	add("port", portText(c.Port))
	add("user", c.User)
	add("dbname", c.Database)
	add("sslmode", c.SSLMode)
	add("password", "…")
	return append(lines, "CREATE SUBSCRIPTION "+mapping.Quote(p.name)+" CONNECTION "+strings.TrimSpace(mapping.Literal(strings.Join(words, " ")))+
		" PUBLICATION "+mapping.Quote(p.name)+" WITH (copy_data = false"+options+");",
		"-- the target's server must reach the host, and the user needs the attribute REPLICATION")
}

func portText(port uint16) string { return strconv.Itoa(int(port)) }

// published makes sure that the publication is there before its slot.
func (r *Replica) published(ctx context.Context) error {
	if r.spec.Slot == "" {
		return nil
	}
	conn, err := pgsql.Connect(ctx, *r.spec.PgSQL)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	published, slotted, err := pgsql.Publication(ctx, conn, r.spec.Slot)
	switch {
	case err != nil:
		return err
	case !published:
		return fault.New(fault.State, "make it on the source with CREATE PUBLICATION "+mapping.Quote(r.spec.Slot)+" FOR TABLE …; after a copy without replication_slot, start_replica prints the whole command",
			"replication_slot is set, and the source has no publication %s: it must be there before the slot", r.spec.Slot)
	case slotted:
		return fault.New(fault.State, "on the target: DROP SUBSCRIPTION "+mapping.Quote(r.spec.Slot)+", or, if nobody subscribes, on the source: SELECT pg_drop_replication_slot("+mapping.Literal(r.spec.Slot)+")",
			"the source has a slot %s already, of an earlier copy", r.spec.Slot)
	}
	return nil
}
