package ddl_test

import (
	"fmt"
	"strings"
	"testing"

	"pgchameleon/internal/event"
	"pgchameleon/internal/schema"
)

// typeColumns are columns of every type in every spelling; the second string
// says who knows them: "" for all, "my" MySQL, "maria" MariaDB, "new" not 5.6.
var typeColumns = [][2]string{
	{"tinyint"}, {"tinyint(1)"}, {"tinyint(1) unsigned"}, {"smallint unsigned"}, {"mediumint(5)"}, {"int(4) zerofill"}, {"bigint unsigned"},
	{"integer"}, {"int1"}, {"int8"}, {"middleint"}, {"int signed"}, {"int zerofill"}, {"tinyint zerofill"}, {"int unsigned zerofill"}, {"bool default true"},
	{"boolean"}, {"dec(5)"}, {"numeric"}, {"fixed(7,2)"}, {"decimal(10,0) unsigned zerofill"}, {"decimal(65,30)"}, {"dec(7,0)"},
	{"double precision"}, {"real(7,3)"}, {"float(10)"}, {"float(30)"}, {"float(7,3) unsigned"}, {"float8"}, {"float4"}, {"double zerofill"},
	{"bit"}, {"bit(7) default b'101'"}, {"bit(64)"}, {"char"}, {"character(4)"}, {"char varying(7)"}, {"national char(4)"}, {"nchar varchar(5)"}, {"nvarchar(6)"},
	{"long varchar"}, {"long varbinary"}, {"long"}, {"char byte"}, {"binary"}, {"varbinary(7)"}, {"tinyblob"}, {"blob(200)"}, {"blob(70000)"}, {"blob(20000000)"},
	{"text(10)"}, {"text(63)"}, {"text(64)"}, {"text(300)"}, {"text(70000)"}, {"text"}, {"tinytext"}, {"mediumtext"}, {"longtext"}, {"blob"}, {"mediumblob"}, {"longblob"},
	{`enum('a','b''c','d\\e','f ')`}, {"set('x','y')"}, {"enum('é','ß') charset latin1"}, {"date"}, {"time"}, {"time(3)"}, {"datetime"}, {"datetime(6)"},
	{"timestamp null"}, {"timestamp(4) null"}, {"year"}, {"year(4)"}, {"char(5) ascii"}, {"char(5) unicode"}, {"char(5) binary"}, {"char(5) character set latin1 binary"},
	{"geometry"}, {"point"}, {"linestring"}, {"polygon"}, {"multipoint"}, {"multilinestring"}, {"multipolygon"}, {"geometrycollection"},
	{"varcharacter(3)"}, {"text byte"}, {"varchar(10) collate utf8_bin"}, {"text charset latin1"}, {"text(200) charset latin1"}, {"char(3) charset binary"}, {"text charset binary"},
	{"enum('a','b') charset binary"}, {"varchar(10) charset utf8mb4"}, {"varchar(10) charset latin1 collate latin1_bin"}, {"varchar(0)"},
	{"json", "new"}, {"vector(5)", "my"}, {"vector", "my"}, {"geomcollection", "my"}, {"point srid 4326", "my"},
	{"uuid", "maria"}, {"inet6", "maria"}, {"inet4", "maria"}, {"varchar(100) compressed", "maria"}, {"text compressed", "maria"}, {"blob compressed=zlib", "maria"},
	{"varbinary(10) compressed", "maria"}, {"varchar(10) collate uca1400_ai_ci", "uca"}, {"char(7) charset utf8mb4 collate uca1400_as_cs", "maria"},
}

// What we make of a type as people write it is what the server makes of it, and
// its text is the one of information_schema; so for the types that SHOW CREATE TABLE prints.
func TestTypesAreTheServers(t *testing.T) {
	for _, server := range []string{"mariadb-10.11", "mariadb-11.8", "mysql-9.7", "mysql-5.6"} {
		t.Run(server, func(t *testing.T) {
			b := newBench(t, server)
			maria := b.dialect.Flavor == event.MariaDB
			for _, charset := range []string{"latin1", "utf8mb3", "utf8mb4"} {
				if server == "mysql-5.6" && charset == "utf8mb3" {
					charset = "utf8"
				}
				var columns []string
				for _, c := range typeColumns {
					if c[1] == "my" && server != "mysql-9.7" || c[1] == "maria" && !maria || c[1] == "new" && server == "mysql-5.6" || c[1] == "uca" && (!maria || charset == "latin1") {
						continue
					}
					columns = append(columns, fmt.Sprintf("c%d %s", len(columns), c[0]))
				}
				sql := "CREATE TABLE t (" + strings.Join(columns, ", ") + ") DEFAULT CHARSET " + charset
				b.must(b.source, "DROP TABLE IF EXISTS t", sql)
				want := b.query(b.source, "SELECT column_type, collation_name, character_set_name FROM information_schema.columns WHERE table_schema='%s' ORDER BY ordinal_position", b.database)
				shown, stated := b.definition("t"), b.apply(sql)
				for i, column := range columns {
					for _, got := range []schema.Type{shown.Columns[i].Type, stated.Columns[i].Type} {
						if got.Text != want[i][0] {
							t.Errorf("%s in %s: the type is %q, the server says %q", column, charset, got.Text, want[i][0])
						}
						if want[i][1] != "NULL" && (got.Collation != threeBytes(want[i][1]) || got.Charset != threeBytes(want[i][2])) {
							t.Errorf("%s in %s: %s %s, the server says %s", column, charset, got.Charset, got.Collation, want[i])
						}
					}
				}
			}
		})
	}
}
