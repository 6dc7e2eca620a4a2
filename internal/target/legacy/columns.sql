SELECT n.nspname::text, c.relname::text, pg_has_role(c.relowner, 'USAGE'), c.reltuples::bigint, a.attname::text, format_type(a.atttypid, a.atttypmod),
       CASE WHEN t.typtype = 'e' AND t.typnamespace = n.oid THEN t.typname::text ELSE '' END,
       coalesce((SELECT array_agg(e.enumlabel::text ORDER BY e.enumsortorder) FROM pg_catalog.pg_enum AS e WHERE e.enumtypid = t.oid), '{}'),
       a.attnotnull, a.attgenerated <> '',
       coalesce((SELECT s.relname::text
                 FROM pg_catalog.pg_depend AS d JOIN pg_catalog.pg_class AS s ON s.oid = d.objid AND s.relkind = 'S' AND s.relnamespace = n.oid
                 WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid = c.oid
                   AND d.refobjsubid = a.attnum AND d.deptype = 'a'
                 LIMIT 1), '')
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid
WHERE n.nspname = ANY ($1::text[]) AND c.relkind IN ('r', 'p')
ORDER BY n.nspname, c.relname, a.attnum;
