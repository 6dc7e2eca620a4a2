-- The functions of the schemas that their tables, types, indexes and views need.
WITH RECURSIVE needed AS (
    SELECT d.refobjid AS oid
    FROM pg_catalog.pg_depend AS d
    WHERE d.refclassid = 'pg_catalog.pg_proc'::regclass
      AND d.classid IN ('pg_catalog.pg_attrdef'::regclass, 'pg_catalog.pg_constraint'::regclass, 'pg_catalog.pg_class'::regclass,
                        'pg_catalog.pg_rewrite'::regclass, 'pg_catalog.pg_type'::regclass)
    UNION
    SELECT d.refobjid
    FROM needed
    JOIN pg_catalog.pg_depend AS d ON d.classid = 'pg_catalog.pg_proc'::regclass AND d.objid = needed.oid
    WHERE d.refclassid = 'pg_catalog.pg_proc'::regclass
)
SELECT p.oid, n.nspname::text, p.proname::text, 'function', ARRAY[pg_get_functiondef(p.oid)],
       '(' || oidvectortypes(p.proargtypes) || ')'
FROM needed
JOIN pg_catalog.pg_proc AS p ON p.oid = needed.oid
JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
JOIN pg_catalog.pg_language AS l ON l.oid = p.prolang
WHERE n.nspname = ANY ($1::text[]) AND p.prokind = 'f' AND l.lanname NOT IN ('internal', 'c')
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS x WHERE x.deptype = 'e' AND x.classid = 'pg_catalog.pg_proc'::regclass AND x.objid = p.oid)
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS x WHERE x.deptype = 'i' AND x.classid = 'pg_catalog.pg_proc'::regclass AND x.objid = p.oid)
ORDER BY 1
