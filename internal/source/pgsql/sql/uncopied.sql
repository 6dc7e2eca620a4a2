-- What belongs to the tables and schemas and is not copied: its kind, and its name with the table's.
SELECT 'trigger', format('%s.%I', tgrelid::regclass, tgname)
FROM pg_catalog.pg_trigger WHERE tgrelid = ANY ($1::oid[]) AND NOT tgisinternal
UNION ALL
SELECT 'row security policy', format('%s.%I', polrelid::regclass, polname)
FROM pg_catalog.pg_policy WHERE polrelid = ANY ($1::oid[])
UNION ALL
SELECT 'rule', format('%s.%I', ev_class::regclass, rulename)
FROM pg_catalog.pg_rewrite WHERE ev_class = ANY ($1::oid[])
UNION ALL
SELECT 'extended statistics', format('%I.%I', n.nspname, s.stxname)
FROM pg_catalog.pg_statistic_ext AS s JOIN pg_catalog.pg_namespace AS n ON n.oid = s.stxnamespace WHERE s.stxrelid = ANY ($1::oid[])
UNION ALL
SELECT 'privileges', oid::regclass::text
FROM pg_catalog.pg_class AS c
WHERE oid = ANY ($1::oid[])
  AND (EXISTS (SELECT FROM aclexplode(c.relacl) AS a WHERE a.grantee <> c.relowner)
       OR EXISTS (SELECT FROM pg_catalog.pg_attribute AS x WHERE x.attrelid = c.oid AND x.attacl IS NOT NULL))
UNION ALL
SELECT 'function', p.oid::regprocedure::text
FROM pg_catalog.pg_proc AS p JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
WHERE n.nspname = ANY ($2::text[]) AND p.oid <> ALL ($3::oid[])
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS x WHERE x.deptype IN ('e', 'i') AND x.classid = 'pg_catalog.pg_proc'::regclass AND x.objid = p.oid)
ORDER BY 1, 2
