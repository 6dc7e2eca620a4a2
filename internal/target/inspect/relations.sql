SELECT n.nspname::text, c.relname::text,
       CASE c.relkind WHEN 'r' THEN 'table' WHEN 'p' THEN 'partitioned table' WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view'
                      WHEN 'f' THEN 'foreign table' WHEN 'S' THEN 'sequence' WHEN 'c' THEN 'type' ELSE 'index' END,
       pg_get_userbyid(c.relowner)::text, pg_has_role(c.relowner, 'USAGE'), c.oid, c.reltuples::bigint,
       CASE WHEN c.relkind IN ('r', 'm') THEN pg_total_relation_size(c.oid) ELSE 0 END
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = ANY ($1::text[]) AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S', 'c', 'i', 'I')
UNION ALL
SELECT n.nspname::text, t.typname::text, 'type', pg_get_userbyid(t.typowner)::text, pg_has_role(t.typowner, 'USAGE'), t.oid, -1, 0
FROM pg_catalog.pg_type AS t
JOIN pg_catalog.pg_namespace AS n ON n.oid = t.typnamespace
WHERE n.nspname = ANY ($1::text[]) AND t.typtype IN ('e', 'd', 'r', 'b') AND t.typelem = 0
ORDER BY 1, 2, 3;
