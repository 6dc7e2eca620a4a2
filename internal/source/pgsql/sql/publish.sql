-- Tables with what logical replication needs of them.
SELECT n.nspname::text, c.relname::text, c.relkind::text,
       coalesce((SELECT pn.nspname::text FROM pg_catalog.pg_inherits AS h JOIN pg_catalog.pg_class AS p ON p.oid = h.inhparent
                 JOIN pg_catalog.pg_namespace AS pn ON pn.oid = p.relnamespace WHERE h.inhrelid = c.oid AND c.relispartition), ''),
       coalesce((SELECT p.relname::text FROM pg_catalog.pg_inherits AS h JOIN pg_catalog.pg_class AS p ON p.oid = h.inhparent WHERE h.inhrelid = c.oid AND c.relispartition), ''),
       c.relpersistence = 'p',
       c.relkind = 'p' OR c.relreplident = 'f' OR c.relreplident = 'd' AND EXISTS (SELECT FROM pg_catalog.pg_index AS i WHERE i.indrelid = c.oid AND i.indisprimary)
       OR c.relreplident = 'i' AND EXISTS (SELECT FROM pg_catalog.pg_index AS i WHERE i.indrelid = c.oid AND i.indisreplident)
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = ANY ($1::text[]) AND c.relkind IN ('r', 'p')
ORDER BY 1, 2
