SELECT n.nspname::text, c.relname::text, x.conname::text, x.contype = 'f', x.convalidated, x.condeferred
FROM pg_catalog.pg_constraint AS x
JOIN pg_catalog.pg_class AS c ON c.oid = x.conrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = ANY ($1::text[]) AND x.contype IN ('c', 'f')
ORDER BY 1, 2, 3;
