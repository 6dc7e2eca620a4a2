-- The columns of tables. forms are the types of which a column's type consists.
WITH RECURSIVE forms (root, oid) AS (
    SELECT DISTINCT a.atttypid, a.atttypid FROM pg_catalog.pg_attribute AS a WHERE a.attrelid = ANY ($1::oid[]) AND a.attnum > 0 AND NOT a.attisdropped
    UNION
    SELECT f.root, p.part
    FROM forms AS f
    JOIN pg_catalog.pg_type AS t ON t.oid = f.oid
    CROSS JOIN LATERAL (
        SELECT t.typbasetype WHERE t.typbasetype <> 0
        UNION ALL SELECT t.typelem WHERE t.typelem <> 0
        UNION ALL SELECT r.rngsubtype FROM pg_catalog.pg_range AS r WHERE r.rngtypid = t.oid OR (to_jsonb(r) ->> 'rngmultitypid')::oid = t.oid
        UNION ALL SELECT m.atttypid FROM pg_catalog.pg_attribute AS m WHERE m.attrelid = t.typrelid AND t.typrelid <> 0 AND m.attnum > 0 AND NOT m.attisdropped
    ) AS p (part)
), kinds AS (
    SELECT f.root,
           bool_or(t.typsend = 0 OR t.typreceive = 0 OR t.typname IN ('regrole', 'regconfig', 'regdictionary', 'regcollation') AND t.typnamespace = 'pg_catalog'::regnamespace) AS text_only,
           coalesce(max(t.typname::text) FILTER (WHERE t.typname IN ('regclass', 'regproc', 'regprocedure', 'regoper', 'regoperator', 'regtype', 'regnamespace')
               AND t.typnamespace = 'pg_catalog'::regnamespace), '') AS identifier,
           coalesce(array_agg(DISTINCT e.extname::text) FILTER (WHERE e.oid IS NOT NULL), '{}') AS extensions
    FROM forms AS f
    JOIN pg_catalog.pg_type AS t ON t.oid = f.oid
    LEFT JOIN pg_catalog.pg_depend AS d ON d.classid = 'pg_catalog.pg_type'::regclass AND d.objid = t.oid AND d.deptype = 'e'
    LEFT JOIN pg_catalog.pg_extension AS e ON e.oid = d.refobjid
    GROUP BY f.root
)
SELECT a.attrelid::bigint, a.attname::text, format_type(a.atttypid, a.atttypmod),
       CASE WHEN a.attcollation <> 0 AND a.attcollation <> t.typcollation THEN format('%I.%I', ln.nspname, l.collname) ELSE '' END,
       a.attnotnull AND coalesce(nn.convalidated, true), coalesce(nn.conname::text, ''),
       a.attidentity::text, a.attgenerated::text, coalesce(pg_get_expr(ad.adbin, ad.adrelid), ''), a.attislocal,
       CASE WHEN a.attstorage <> t.typstorage THEN CASE a.attstorage WHEN 'p' THEN 'PLAIN' WHEN 'e' THEN 'EXTERNAL' WHEN 'm' THEN 'MAIN' ELSE 'EXTENDED' END ELSE '' END,
       CASE to_jsonb(a) ->> 'attcompression' WHEN 'p' THEN 'pglz' WHEN 'l' THEN 'lz4' ELSE '' END,
       coalesce(nullif((to_jsonb(a) ->> 'attstattarget')::int, -1), -1),
       k.text_only, k.identifier, k.extensions
FROM pg_catalog.pg_attribute AS a
JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid
JOIN kinds AS k ON k.root = a.atttypid
LEFT JOIN pg_catalog.pg_attrdef AS ad ON ad.adrelid = a.attrelid AND ad.adnum = a.attnum
LEFT JOIN pg_catalog.pg_collation AS l ON l.oid = a.attcollation
LEFT JOIN pg_catalog.pg_namespace AS ln ON ln.oid = l.collnamespace
LEFT JOIN pg_catalog.pg_constraint AS nn ON nn.conrelid = a.attrelid AND nn.contype = 'n' AND nn.conkey = ARRAY[a.attnum]
WHERE a.attrelid = ANY ($1::oid[]) AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attrelid, a.attnum
