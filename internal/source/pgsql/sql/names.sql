-- All that can stand behind one of the schemas' names and a dot, and what belongs to an extension in any schema.
WITH named (classid, oid, namespace, name) AS (
    SELECT 'pg_catalog.pg_class'::regclass, oid, relnamespace, relname::text FROM pg_catalog.pg_class
    UNION ALL SELECT 'pg_catalog.pg_type'::regclass, oid, typnamespace, typname::text FROM pg_catalog.pg_type
    UNION ALL SELECT 'pg_catalog.pg_proc'::regclass, oid, pronamespace, proname::text FROM pg_catalog.pg_proc
    UNION ALL SELECT 'pg_catalog.pg_operator'::regclass, oid, oprnamespace, oprname::text FROM pg_catalog.pg_operator
    UNION ALL SELECT 'pg_catalog.pg_opclass'::regclass, oid, opcnamespace, opcname::text FROM pg_catalog.pg_opclass
    UNION ALL SELECT 'pg_catalog.pg_opfamily'::regclass, oid, opfnamespace, opfname::text FROM pg_catalog.pg_opfamily
    UNION ALL SELECT 'pg_catalog.pg_collation'::regclass, oid, collnamespace, collname::text FROM pg_catalog.pg_collation
    UNION ALL SELECT 'pg_catalog.pg_ts_config'::regclass, oid, cfgnamespace, cfgname::text FROM pg_catalog.pg_ts_config
    UNION ALL SELECT 'pg_catalog.pg_ts_dict'::regclass, oid, dictnamespace, dictname::text FROM pg_catalog.pg_ts_dict
)
SELECT DISTINCT n.nspname::text, o.name, coalesce(e.extname::text, '')
FROM named AS o
JOIN pg_catalog.pg_namespace AS n ON n.oid = o.namespace
LEFT JOIN pg_catalog.pg_type AS y ON o.classid = 'pg_catalog.pg_type'::regclass AND y.oid = o.oid AND y.typelem <> 0 AND y.typcategory = 'A'
LEFT JOIN pg_catalog.pg_depend AS d ON d.classid = o.classid AND d.deptype = 'e' AND d.objid = coalesce(y.typelem, o.oid)
LEFT JOIN pg_catalog.pg_extension AS e ON e.oid = d.refobjid
WHERE n.nspname <> 'pg_catalog' AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_toast'
  AND (n.nspname = ANY ($1::text[]) OR e.oid IS NOT NULL)
