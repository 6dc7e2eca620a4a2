-- What goes with a column when it is dropped: indexes and keys with the statement that makes
-- them again, anything else by its description.
SELECT n.nspname::text, c.relname::text, a.attname::text,
       CASE WHEN x.contype IN ('p', 'u', 'x') THEN format('ALTER TABLE %I.%I ADD CONSTRAINT %I %s', n.nspname, c.relname, x.conname, pg_get_constraintdef(x.oid))
            WHEN i.indexrelid IS NOT NULL THEN pg_get_indexdef(i.indexrelid)
            ELSE '' END,
       CASE WHEN x.contype IN ('p', 'u', 'x') OR i.indexrelid IS NOT NULL THEN '' ELSE pg_describe_object(d.classid, d.objid, d.objsubid) END
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_catalog.pg_depend AS d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = c.oid AND d.refobjsubid = a.attnum
LEFT JOIN pg_catalog.pg_constraint AS x ON d.classid = 'pg_constraint'::regclass AND x.oid = d.objid
LEFT JOIN pg_catalog.pg_index AS i ON d.classid = 'pg_class'::regclass AND i.indexrelid = d.objid
WHERE n.nspname = ANY ($1::text[]) AND c.relkind = 'r' AND d.deptype IN ('a', 'n') AND d.classid <> 'pg_attrdef'::regclass AND x.contype IS DISTINCT FROM 'n'
UNION ALL
SELECT n.nspname::text, c.relname::text, a.attname::text, '', 'privileges of the column'
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attacl IS NOT NULL
WHERE n.nspname = ANY ($1::text[]) AND c.relkind = 'r'
ORDER BY 1, 2, 3, 4, 5;
