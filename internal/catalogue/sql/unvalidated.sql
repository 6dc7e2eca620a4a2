-- Foreign keys from or to a source's tables that a copy into standing tables has taken off and made
-- anew, deferred and not validated, where both tables are up to date. They name both ends.
WITH tables AS (
    SELECT i_id_source, enm_state, t_source_schema, t_source_table, to_regclass(format('%I.%I', v_schema_name, v_table_name)) AS rel
    FROM sch_chameleon.t_replica_tables)
SELECT DISTINCT ON (x.oid) x.oid::bigint, format('%I.%I', n.nspname, c.relname), x.conname::text, n.nspname::text, c.relname::text, t.t_source_schema, t.t_source_table
FROM pg_constraint AS x
JOIN pg_class AS c ON c.oid = x.conrelid
JOIN pg_namespace AS n ON n.oid = c.relnamespace
JOIN tables AS t ON t.rel IN (x.conrelid, x.confrelid) AND t.i_id_source = $1
WHERE x.contype = 'f' AND x.conparentid = 0 AND x.condeferred AND NOT x.convalidated
  AND NOT EXISTS (SELECT FROM tables AS o WHERE o.rel IN (x.conrelid, x.confrelid) AND o.enm_state <> 'replicating')
ORDER BY x.oid, t.rel = x.conrelid DESC;
