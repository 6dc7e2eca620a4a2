package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// old is a replica as pg_chameleon makes and leaves it.
type old struct {
	*replica
	file   string // of the binary log, where the replica goes on
	offset string
}

// end reads where the source's binary log ends.
func (r *replica) end() (file, offset string) {
	r.t.Helper()
	file, offset, _ = strings.Cut(r.place(), ":")
	return file, offset
}

// oldCatalogue makes pg_chameleon's catalogue of a version.
func (r *replica) oldCatalogue(version string) {
	r.t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "pg_chameleon_"+version+".sql"))
	if err != nil {
		r.t.Fatal(err)
	}
	r.dst.Exec(r.t, r.database, string(text))
}

// copyAsBefore copies all tables as pg_chameleon's init_replica does, damages included, and
// gives the names of those that have a key, with its columns.
func (r *replica) copyAsBefore(db, schema string) map[string]string {
	r.t.Helper()
	r.dst.Exec(r.t, r.database, "CREATE SCHEMA IF NOT EXISTS "+quoteIdent(schema))
	keys := map[string]string{}
	for _, row := range r.src.Query(r.t, "", "SELECT table_name FROM information_schema.tables WHERE table_schema = "+quoteString(db)+" AND table_type = 'BASE TABLE'") {
		table := row[0]
		columns := r.src.Query(r.t, "", "SELECT column_name, data_type, column_type, is_nullable, extra, IFNULL(character_maximum_length, 0), IFNULL(numeric_precision, 0), IFNULL(numeric_scale, 0) "+
			"FROM information_schema.columns WHERE table_schema = "+quoteString(db)+" AND table_name = "+quoteString(table)+" ORDER BY ordinal_position")
		ident := quoteIdent(schema) + "." + quoteIdent(table)
		var made, names, selected []string
		for _, c := range columns {
			typ := typeAsBefore(c)
			if c[1] == "enum" {
				name := quoteIdent(schema) + "." + quoteIdent("enum_"+table[:min(20, len(table))]+"_"+c[0][:min(20, len(c[0]))])
				r.dst.Exec(r.t, r.database, "CREATE TYPE "+name+" AS ENUM "+strings.TrimPrefix(c[2], "enum"))
				typ = name
			}
			if c[3] == "NO" {
				typ += " NOT NULL"
			}
			made, names = append(made, quoteIdent(c[0])+" "+typ), append(names, quoteIdent(c[0]))
			selected = append(selected, "IFNULL("+selectAsBefore(c)+", 'NULL')")
		}
		r.dst.Exec(r.t, r.database, "CREATE TABLE "+ident+" ("+strings.Join(made, ", ")+")")
		for _, row := range r.src.Query(r.t, db, "SELECT "+strings.Join(selected, ", ")+" FROM "+backtick(table)) {
			values := make([]string, len(row))
			for i, v := range row {
				if values[i] = "'" + strings.ReplaceAll(v, "'", "''") + "'"; v == "NULL" {
					values[i] = "NULL"
				}
			}
			r.dst.Exec(r.t, r.database, "DO $do$ BEGIN INSERT INTO "+ident+" ("+strings.Join(names, ", ")+") VALUES ("+strings.Join(values, ", ")+"); EXCEPTION WHEN data_exception OR not_null_violation THEN NULL; END $do$")
		}
		if key := r.indexAsBefore(db, table, schema, ident); key != "" {
			keys[table] = key
		}
	}
	return keys
}

func typeAsBefore(c []string) string {
	if strings.Contains(c[4], "auto_increment") {
		return "bigserial"
	}
	switch c[1] {
	case "tinyint", "smallint", "int", "year", "bit":
		return "integer"
	case "mediumint", "bigint":
		return "bigint"
	case "varchar":
		return "character varying(" + c[5] + ")"
	case "char":
		return "character(" + c[5] + ")"
	case "datetime", "timestamp":
		return "timestamp without time zone"
	case "time":
		return "time without time zone"
	case "tinyblob", "blob", "mediumblob", "longblob", "binary", "varbinary":
		return "bytea"
	case "decimal":
		return "numeric(" + c[6] + "," + c[7] + ")"
	case "float", "double":
		return "double precision"
	case "date", "json":
		return c[1]
	case "point", "geometry":
		return "bytea"
	}
	return "text" // set, the texts, and JSON of MariaDB
}

func selectAsBefore(c []string) string {
	name := backtick(c[0])
	switch c[1] {
	case "tinyblob", "blob", "mediumblob", "longblob", "binary", "varbinary", "point", "geometry":
		return "HEX(" + name + ")"
	case "bit":
		return "CAST(" + name + " AS UNSIGNED)"
	case "datetime", "timestamp":
		return "NULLIF(CAST(" + name + " AS CHAR), '0000-00-00 00:00:00')"
	case "date":
		return "NULLIF(CAST(" + name + " AS CHAR), '0000-00-00')"
	}
	return "CAST(" + name + " AS CHAR CHARACTER SET utf8)"
}

// indexAsBefore makes the indexes that have no prefixes, under their own names, and gives the key
// as the catalogue has it.
func (r *replica) indexAsBefore(db, table, schema, ident string) (key string) {
	r.t.Helper()
	rows := r.src.Query(r.t, "", "SELECT index_name, MAX(non_unique), GROUP_CONCAT(column_name ORDER BY seq_in_index SEPARATOR ','), SUM(sub_part IS NOT NULL) FROM information_schema.statistics "+
		"WHERE table_schema = "+quoteString(db)+" AND table_name = "+quoteString(table)+" AND index_type = 'BTREE' GROUP BY index_name ORDER BY index_name = 'PRIMARY' DESC, index_name")
	for _, row := range rows {
		var quoted []string
		for _, c := range strings.Split(row[2], ",") {
			quoted = append(quoted, quoteIdent(c))
		}
		columns := strings.Join(quoted, ", ")
		switch {
		case row[3] != "0":
			continue
		case row[0] == "PRIMARY":
			r.dst.Exec(r.t, r.database, "ALTER TABLE "+ident+" ADD PRIMARY KEY ("+columns+")")
		case row[1] == "0":
			r.dst.Exec(r.t, r.database, "CREATE UNIQUE INDEX "+quoteIdent(row[0])+" ON "+ident+" ("+columns+")")
		default:
			r.dst.Exec(r.t, r.database, "CREATE INDEX "+quoteIdent(row[0])+" ON "+ident+" ("+columns+")")
		}
		if key == "" && row[1] == "0" {
			key = row[2]
		}
	}
	return key
}

// register writes down in a catalogue of version 2.0 that the replica goes on at a place.
func (o *old) register(schemas map[string]string, keys map[string]map[string]string) {
	o.t.Helper()
	var mappings []string
	for from, to := range schemas {
		mappings = append(mappings, fmt.Sprintf("%q: %q", from, to))
	}
	slices.Sort(mappings)
	statements := []string{
		"INSERT INTO sch_chameleon.t_sources (t_source, jsb_schema_mappings, enm_status, enm_source_type) VALUES ('mysql', '{" + strings.Join(mappings, ", ") + "}', 'stopped', 'mysql')",
		"INSERT INTO sch_chameleon.t_replica_batch (i_id_source, t_binlog_name, i_binlog_position, b_started, b_processed, b_replayed) VALUES (1, '" + o.file + "', 4, true, true, true)",
		"INSERT INTO sch_chameleon.t_replica_batch (i_id_source, t_binlog_name, i_binlog_position) VALUES (1, '" + o.file + "', " + o.offset + ")",
	}
	for schema, list := range keys {
		for table, key := range list {
			statements = append(statements, fmt.Sprintf("INSERT INTO sch_chameleon.t_replica_tables (i_id_source, v_schema_name, v_table_name, v_table_pkey) VALUES (1, '%s', '%s', '{%s}')", schema, table, key))
		}
	}
	o.dst.Exec(o.t, o.database, statements...)
}
