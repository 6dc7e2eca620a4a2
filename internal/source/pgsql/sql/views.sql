-- The views of the schemas.
SELECT c.oid, n.nspname::text, c.relname::text, CASE c.relkind WHEN 'm' THEN 'materialized view' ELSE 'view' END,
       ARRAY[format('CREATE %s %I.%I%s AS %s%s', CASE c.relkind WHEN 'm' THEN 'MATERIALIZED VIEW' ELSE 'VIEW' END, n.nspname, c.relname,
           CASE WHEN c.reloptions IS NULL THEN '' ELSE format(' WITH (%s)', array_to_string(c.reloptions, ', ')) END,
           rtrim(pg_get_viewdef(c.oid), ';'), CASE WHEN c.relkind = 'm' THEN ' WITH NO DATA' ELSE '' END)]
       || CASE WHEN c.relkind = 'm' AND c.relispopulated THEN ARRAY[format('REFRESH MATERIALIZED VIEW %I.%I', n.nspname, c.relname)] ELSE '{}' END
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = ANY ($1::text[]) AND c.relkind IN ('v', 'm') AND c.relpersistence <> 't'
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS x WHERE x.deptype = 'e' AND x.classid = 'pg_catalog.pg_class'::regclass AND x.objid = c.oid)
ORDER BY 1
