-- The tables of the schemas, with what stands behind their columns in CREATE TABLE.
SELECT c.oid, n.nspname::text, c.relname::text, c.relkind::text, c.relpersistence = 'u', c.relispartition,
       coalesce((SELECT array_agg(i.inhparent::bigint ORDER BY i.inhseqno) FROM pg_catalog.pg_inherits AS i WHERE i.inhrelid = c.oid), '{}'),
       coalesce(pg_get_expr(c.relpartbound, c.oid), ''), coalesce(pg_get_partkeydef(c.oid), ''),
       coalesce(c.reloptions, '{}') || coalesce((SELECT array_agg('toast.' || o) FROM pg_catalog.pg_class AS t, unnest(t.reloptions) AS o WHERE t.oid = c.reltoastrelid), '{}'),
       coalesce(am.amname::text, ''),
       CASE WHEN c.relkind = 'r' THEN pg_relation_size(c.oid) ELSE 0 END, CASE WHEN c.relkind = 'r' THEN pg_table_size(c.oid) ELSE 0 END,
       current_setting('block_size')::bigint, greatest(c.reltuples, 0)::bigint
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_am AS am ON am.oid = c.relam
WHERE n.nspname = ANY ($1::text[]) AND c.relkind IN ('r', 'p', 'f') AND c.relpersistence <> 't'
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS x WHERE x.deptype = 'e' AND x.classid = 'pg_catalog.pg_class'::regclass AND x.objid = c.oid)
ORDER BY 1
