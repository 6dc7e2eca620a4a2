SELECT DISTINCT vn.nspname::text, v.relname::text, CASE v.relkind WHEN 'v' THEN 'view' ELSE 'materialized view' END, c.relname::text
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_depend AS d ON d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid = c.oid
     AND d.classid = 'pg_catalog.pg_rewrite'::regclass
JOIN pg_catalog.pg_rewrite AS r ON r.oid = d.objid
JOIN pg_catalog.pg_class AS v ON v.oid = r.ev_class AND v.relkind IN ('v', 'm') AND v.oid <> c.oid
JOIN pg_catalog.pg_namespace AS vn ON vn.oid = v.relnamespace
WHERE n.nspname = $1 AND c.relkind IN ('r', 'p')
UNION
SELECT tn.nspname::text, t.relname::text, 'table', c.relname::text
FROM pg_catalog.pg_constraint AS k
JOIN pg_catalog.pg_class AS c ON c.oid = k.confrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_class AS t ON t.oid = k.conrelid
JOIN pg_catalog.pg_namespace AS tn ON tn.oid = t.relnamespace
WHERE k.contype = 'f' AND n.nspname = $1 AND tn.nspname <> $1
ORDER BY 1, 2, 4;
