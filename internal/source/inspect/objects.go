package inspect

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/go-mysql-org/go-mysql/client"

	"pgchameleon/internal/schema"
	"pgchameleon/internal/source/dial"
)

// View is a view of the source.
type View struct {
	Name    schema.Name
	Select  string   // as the server keeps it, with all names qualified; "" where the user may not see it
	Columns []string // its columns' names
	Check   string   // of WITH CHECK OPTION: CASCADED, LOCAL or NONE
}

// Views lists the views of a schema by name.
func Views(ctx context.Context, conn *client.Conn, schemaName string) ([]View, error) {
	rows, err := dial.Text(ctx, conn, `SELECT v.TABLE_SCHEMA, v.TABLE_NAME, IFNULL(v.VIEW_DEFINITION, ''), v.CHECK_OPTION, c.COLUMN_NAME
		FROM information_schema.VIEWS v JOIN information_schema.COLUMNS c ON c.TABLE_SCHEMA = v.TABLE_SCHEMA AND c.TABLE_NAME = v.TABLE_NAME
		WHERE v.TABLE_SCHEMA = `+dial.Literal(schemaName)+` ORDER BY v.TABLE_NAME, c.ORDINAL_POSITION`)
	if err != nil {
		return nil, fmt.Errorf("listing the views of %s: %w", schemaName, err)
	}
	var list []View
	for _, row := range rows {
		name := schema.Name{Schema: row[0], Table: row[1]}
		if name.Schema != schemaName {
			continue
		}
		if len(list) == 0 || list[len(list)-1].Name != name {
			list = append(list, View{Name: name, Select: row[2], Check: row[3]})
		}
		last := &list[len(list)-1]
		last.Columns = append(last.Columns, row[4])
	}
	return list, nil
}

// Program is something of the source that has a body of statements.
type Program struct {
	Kind string // PROCEDURE, FUNCTION, PACKAGE, PACKAGE BODY, TRIGGER, EVENT
	Name schema.Name
	Of   string // what it reacts to, of a trigger: "BEFORE INSERT ON orders"
}

// Programs lists the routines, triggers and events of a schema that the user may see.
func Programs(ctx context.Context, conn *client.Conn, schemaName string) ([]Program, error) {
	literal := dial.Literal(schemaName)
	rows, err := dial.Text(ctx, conn, `SELECT ROUTINE_TYPE, ROUTINE_SCHEMA, ROUTINE_NAME, '' FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = `+literal+`
		UNION ALL SELECT 'TRIGGER', TRIGGER_SCHEMA, TRIGGER_NAME, CONCAT(ACTION_TIMING, ' ', EVENT_MANIPULATION, ' ON ', EVENT_OBJECT_TABLE)
			FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = `+literal+`
		UNION ALL SELECT 'EVENT', EVENT_SCHEMA, EVENT_NAME, '' FROM information_schema.EVENTS WHERE EVENT_SCHEMA = `+literal+`
		ORDER BY 1, 3`)
	if err != nil {
		return nil, fmt.Errorf("listing the routines, triggers and events of %s: %w", schemaName, err)
	}
	var list []Program
	for _, row := range rows {
		if row[1] == schemaName {
			list = append(list, Program{Kind: row[0], Name: schema.Name{Schema: row[1], Table: row[2]}, Of: row[3]})
		}
	}
	return list, nil
}

// Unseen lists the privileges without which the user does not see all views, routines,
// triggers and events.
func Unseen(ctx context.Context, conn *client.Conn, s *Server) ([]string, error) {
	grants, err := Grants(ctx, conn)
	if err != nil {
		return nil, err
	}
	var missing []string
	for _, need := range [][]string{{"SHOW VIEW"}, {"TRIGGER"}, {"EVENT"}, {"SHOW_ROUTINE", "SHOW CREATE ROUTINE", "EXECUTE", "CREATE ROUTINE", "ALTER ROUTINE"}} {
		if !slices.ContainsFunc(grants, func(g string) bool {
			return strings.Contains(g, "ALL PRIVILEGES") || slices.ContainsFunc(need, func(p string) bool { return strings.Contains(g, p) })
		}) {
			missing = append(missing, need[0])
		}
	}
	if s.MariaDB() { // it has no privilege of that name before 11.3
		for i, p := range missing {
			if p == "SHOW_ROUTINE" {
				missing[i] = "EXECUTE"
			}
		}
	}
	return missing, nil
}
