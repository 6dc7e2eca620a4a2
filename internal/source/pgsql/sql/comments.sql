-- The comments on what the schemas hold, as statements; the number is that of the object which must be there.
SELECT c.oid::bigint, CASE WHEN d.objsubid <> 0 THEN format('COMMENT ON COLUMN %I.%I.%I IS %L', n.nspname, c.relname, a.attname, d.description)
            ELSE format('COMMENT ON %s %I.%I IS %L',
                CASE c.relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'S' THEN 'SEQUENCE' WHEN 'i' THEN 'INDEX' WHEN 'I' THEN 'INDEX' WHEN 'c' THEN 'TYPE' ELSE 'TABLE' END,
                n.nspname, c.relname, d.description) END
FROM pg_catalog.pg_description AS d
JOIN pg_catalog.pg_class AS c ON c.oid = d.objoid AND d.classoid = 'pg_catalog.pg_class'::regclass
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = d.objsubid AND d.objsubid <> 0
WHERE n.nspname = ANY ($1::text[]) AND c.relkind IN ('r', 'p', 'v', 'm', 'S', 'i', 'I', 'c')
UNION ALL
SELECT t.oid::bigint, format('COMMENT ON %s %I.%I IS %L', CASE t.typtype WHEN 'd' THEN 'DOMAIN' ELSE 'TYPE' END, n.nspname, t.typname, d.description)
FROM pg_catalog.pg_description AS d
JOIN pg_catalog.pg_type AS t ON t.oid = d.objoid AND d.classoid = 'pg_catalog.pg_type'::regclass
JOIN pg_catalog.pg_namespace AS n ON n.oid = t.typnamespace
WHERE n.nspname = ANY ($1::text[]) AND t.typtype IN ('e', 'd', 'r', 'c')
UNION ALL
SELECT k.oid::bigint, format('COMMENT ON CONSTRAINT %I ON %I.%I IS %L', k.conname, n.nspname, c.relname, d.description)
FROM pg_catalog.pg_description AS d
JOIN pg_catalog.pg_constraint AS k ON k.oid = d.objoid AND d.classoid = 'pg_catalog.pg_constraint'::regclass
JOIN pg_catalog.pg_class AS c ON c.oid = k.conrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = ANY ($1::text[]) AND k.contype IN ('c', 'p', 'u', 'x', 'f')
UNION ALL
SELECT p.oid::bigint, format('COMMENT ON FUNCTION %I.%I(%s) IS %L', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid), d.description)
FROM pg_catalog.pg_description AS d
JOIN pg_catalog.pg_proc AS p ON p.oid = d.objoid AND d.classoid = 'pg_catalog.pg_proc'::regclass
JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
WHERE n.nspname = ANY ($1::text[]) AND p.prokind = 'f'
