package e2e

import (
	"fmt"
	"testing"
)

// refresh_schema finds the sequences that the binary log does not tell of, before the tables whose defaults
// take their values; sync_tables reads one again that is followed.
func TestRefreshSchemaFindsSequences(t *testing.T) {
	t.Parallel()
	src, dst := defaultPair(t)
	r := newReplica(t, src, dst, options{})
	r.source("CREATE SEQUENCE seen START WITH 5 NOCACHE")
	r.init()
	r.start()
	r.source("SET SESSION sql_log_bin = 0", "CREATE SEQUENCE unseen START WITH 100 CACHE 10", "CREATE SEQUENCE another", "CREATE TABLE a (id BIGINT NOT NULL DEFAULT (NEXTVAL(unseen)) PRIMARY KEY, v INT)",
		"SET SESSION sql_log_bin = 1")
	r.must("refresh_schema", "--source", "mysql", "--schema", r.marker)
	r.noRefills()
	schema := r.schemas[r.marker]
	r.wants("SELECT column_default FROM information_schema.columns WHERE table_name = 'a' AND column_name = 'id'", fmt.Sprintf("nextval('%s.unseen'::regclass)", schema))
	r.source("INSERT INTO a (v) VALUES (1), (2)")
	r.caughtUp()
	r.sequenceIs("unseen", "110 1 1 9223372036854775806 100 f")
	r.sequenceIs("another", "1"+widest)
	r.wants("SELECT string_agg(id::text, ',' ORDER BY id) FROM "+quoteIdent(schema)+".a", "100,101")
	r.target("SELECT setval('" + schema + ".seen', 1)")
	r.must("sync_tables", "--source", "mysql", "--tables", r.marker+".seen")
	r.noRefills()
	r.sequenceIs("seen", "5 1 1 9223372036854775806 5 f")
	r.source("SELECT NEXTVAL(seen)")
	r.sequenceIs("seen", "6 1 1 9223372036854775806 5 f")
	r.allReplicate()
}
