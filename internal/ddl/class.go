package ddl

import "strings"

// classOf gives the class of a PostgreSQL type that decides what can be made of
// its values: "" for an enum type of ours.
func classOf(sql string) string {
	base, _, _ := strings.Cut(sql, "(")
	base = strings.TrimSpace(base)
	switch base {
	case "smallint", "integer", "bigint", "int", "int2", "int4", "int8":
		return "int"
	case "numeric", "decimal":
		return "numeric"
	case "real", "double precision", "float4", "float8":
		return "float"
	case "text", "character", "character varying", "varchar", "char", "citext":
		return "text"
	case "timestamp", "timestamp without time zone", "timestamp with time zone", "timestamptz":
		if strings.Contains(sql, "with time zone") || base == "timestamptz" {
			return "timestamptz"
		}
		return "timestamp"
	case "time", "time without time zone":
		return "time"
	}
	return base
}
