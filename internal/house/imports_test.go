package house

import (
	"slices"
	"strconv"
	"strings"
	"testing"
)

// row is one row of the import table.
type row struct {
	pkg string
	may []string // packages of ours, besides fault
	why string
}

// Who may import whom. A new edge needs a changed row here, and the row its
// reason: the arrows are what keeps the two ends from knowing each other.
var table = []row{
	{"event", nil, "the vocabulary of the source knows nothing else"},
	{"schema", nil, "tables as MySQL means them, without PostgreSQL and without connections"},
	{"change", []string{"event"}, "what PostgreSQL must do, at a position"},
	{"fault", nil, "kinds of error; everybody may use it"},
	{"status", nil, "a picture of progress, whoever looks at it"},
	{"notify", nil, "messages to people elsewhere; the others mark a line of the log, and know no destination"},
	{"typemap", []string{"schema"}, "types and values, of no table"},
	{"mapping", []string{"schema", "typemap"}, "what goes where"},
	{"ddl", []string{"schema", "typemap", "mapping", "ddl/parse", "ddl/expr", "event"}, "a statement and a schema give the next schema and PostgreSQL's statements; of event only the statement"},
	{"ddl/parse", []string{"schema", "event"}, "text to syntax tree, in the names of schema; of event only the flavor"},
	{"ddl/expr", []string{"schema", "typemap", "mapping", "ddl/parse"}, "expressions over a mapped table: both sides of it, but no statement and no schema version"},
	{"ddl/view", []string{"schema", "mapping", "ddl/parse", "ddl/expr"}, "queries over mapped tables; what is done with them is the pipeline's"},
	{"transform", []string{"event", "change", "schema", "mapping", "typemap", "ddl", "ddl/parse"}, "the only one that speaks both vocabularies"},
	{"source/dial", []string{"event"}, "connections to MySQL"},
	{"source/inspect", []string{"event", "schema", "source/dial"}, "what the source holds and how it is set"},
	{"source/snapshot", []string{"event", "schema", "source/dial", "source/inspect"}, "rows of the source, in chunks"},
	{"source/binlog", []string{"event", "schema", "typemap", "source/dial", "source/inspect"},
		"the stream; it asks each time which server it is at, and knows no target; of typemap only what the characters of a client's text are"},
	{"source/pgsql", []string{"target/dial"}, "a source that is PostgreSQL itself; connections are made as to the target, of which it knows nothing else"},
	{"relocate", nil, "text to text"},
	{"target/dial", nil, "connections to PostgreSQL"},
	{"target/inspect", []string{"target/dial", "mapping"}, "what the target holds"},
	{"target/write", []string{"change", "event", "mapping", "target/dial"}, "of event only the names of actions, as change has them; writes what it is told, in a transaction that it is given; knows neither order nor position"},
	{"target/legacy", []string{"target/dial"}, "what pg_chameleon has left in the target, in its own words"},
	{"adopt", []string{"schema", "mapping", "typemap", "ddl", "target/legacy"}, "what tables of pg_chameleon's making are worth to this program: both sides of a table, but no connection"},
	{"catalogue", []string{"target/dial", "event", "schema", "mapping"}, "our own tables; stores positions without knowing their meaning"},
	{"relay", []string{"event", "target/dial"}, "holds transactions as the binlog wrote them"},
	{"copier", []string{"event", "change", "schema", "mapping", "typemap", "status"}, "a stage; both ends are interfaces of its own; it converts values between them"},
	{"clone", []string{"source/pgsql", "relocate", "target/...", "mapping", "status"},
		"a stage between two PostgreSQL databases: it speaks to both, since both speak its language; of mapping only how names are quoted"},
	{"apply", []string{"event", "change", "schema", "mapping", "status"}, "a stage; both ends are interfaces of its own"},
	{"verify", []string{"mapping", "copier"}, "a stage; it reads chunks and writes them as text as the copy does; the target is an interface of its own"},
	{"preflight", []string{"source/...", "target/...", "catalogue", "mapping", "schema", "typemap", "event"}, "looks at both ends before anything runs"},
	{"pipeline", []string{"event", "schema", "change", "status", "typemap", "mapping", "ddl", "ddl/parse", "ddl/view", "transform", "source/...", "target/...",
		"catalogue", "relay", "notify", "copier", "clone", "apply", "verify", "preflight", "adopt"}, "wires everything; knows no flags, files or terminal"},
	{"config", []string{"mapping", "typemap", "schema", "ddl", "ddl/parse", "event", "source/dial", "target/dial", "pipeline"},
		"one road from the file to plain structs; of ddl only what a column type's text means, to refuse overrides that cannot be done, of event only the flavor"},
	{"daemon", nil, "background processes, pid files and logs"},
	{"cli", []string{"config", "daemon", "notify", "status"}, "the commands; no driver, no SQL: what they do is the engine's, an interface of its own"},
	{"cmd/chameleon", []string{"cli", "config", "event", "pipeline", "relay", "source/dial", "target/dial"}, "the program: gives the commands the engine that a configuration asks for"},

	{"testserver", []string{"event", "testserver/launch"}, "servers for tests"},
	{"testserver/launch", []string{"event"}, "servers for tests, demo and benchmark"},
	{"testserver/cmd/...", []string{"testserver/..."}, "programs around the tests, not shipped"},
	{"demo/...", []string{"demo/...", "testserver/launch"}, "drives the built program by its commands; proves with its own eyes"},
	{"bench/decoding", []string{"schema", "typemap", "testserver/launch"}, "no command decodes rows and does nothing else, so it times the decoder itself"},
	{"bench/...", []string{"bench/...", "demo/...", "testserver/launch"}, "drives the built program by its commands"},
	{"house", nil, "these tests"},
	{"e2e", nil, "tests of the whole; only test files"},
}

// foreign says where a module from outside may be used: the drivers at the
// ends, the terminal in the face.
var foreign = []struct {
	module string
	in     []string
}{
	{"github.com/go-mysql-org/go-mysql", []string{"source/...", "testserver/...", "demo/...", "bench/..."}},
	{"github.com/jackc/pgx/v5", []string{"target/...", "source/pgsql", "catalogue", "apply", // apply hands the transaction (pgx.Tx) from end to end
		"testserver/...", "demo/...", "bench/..."}},
	{"database/sql", []string{"catalogue"}},
	{"github.com/spf13/cobra", []string{"cli"}},
	{"github.com/goccy/go-yaml", []string{"config", "cli"}},
	{"github.com/vbauerster/mpb/v8", []string{"cli"}},
	{"github.com/jedib0t/go-pretty/v6", []string{"cli"}},
	{"testing", []string{"testserver"}},
}

// Test files may import what they like; all others keep to the table.
func TestImports(t *testing.T) {
	for _, s := range sources(t) {
		if s.test {
			continue
		}
		i := slices.IndexFunc(table, func(r row) bool { return within(s.pkg, r.pkg) })
		if i < 0 {
			t.Errorf("%s: the package has no row in the import table", s.pkg)
			continue
		}
		for _, spec := range s.syntax.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			ours, is := strings.CutPrefix(imported, module+"internal/")
			if is && ours != "fault" && !within(ours, table[i].may...) {
				t.Errorf("%s: imports %s, which its row does not allow (%s)", s.path, ours, table[i].why)
			}
			for _, f := range foreign {
				if (imported == f.module || strings.HasPrefix(imported, f.module+"/")) && !within(s.pkg, f.in...) {
					t.Errorf("%s: imports %s, which belongs into %s", s.path, imported, strings.Join(f.in, ", "))
				}
			}
		}
	}
}
