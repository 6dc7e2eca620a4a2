-- The indexes of tables and materialized views. Those of constraints come with these.
SELECT i.indexrelid::bigint, i.indrelid::bigint, n.nspname::text, c.relname::text, pg_get_indexdef(i.indexrelid), i.indisclustered,
       coalesce((SELECT h.inhparent::bigint FROM pg_catalog.pg_inherits AS h WHERE h.inhrelid = i.indexrelid), 0),
       EXISTS (SELECT FROM pg_catalog.pg_constraint AS k WHERE k.conindid = i.indexrelid AND k.conrelid = i.indrelid AND k.contype IN ('p', 'u', 'x')),
       i.indisvalid OR c.relkind = 'I', i.indisprimary
FROM pg_catalog.pg_index AS i
JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE i.indrelid = ANY ($1::oid[])
ORDER BY i.indexrelid
