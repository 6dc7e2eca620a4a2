-- The types of the schemas, with the statements that make them: enums, domains, composites, ranges, and the collations.
WITH extension_members AS (
    SELECT classid, objid FROM pg_catalog.pg_depend WHERE deptype = 'e'
)
SELECT t.oid, n.nspname::text, t.typname::text, CASE t.typtype WHEN 'd' THEN 'domain' ELSE 'type' END,
       CASE t.typtype
           WHEN 'e' THEN ARRAY[format('CREATE TYPE %I.%I AS ENUM (%s)', n.nspname, t.typname,
               (SELECT coalesce(string_agg(quote_literal(e.enumlabel), ', ' ORDER BY e.enumsortorder), '') FROM pg_catalog.pg_enum AS e WHERE e.enumtypid = t.oid))]
           WHEN 'c' THEN ARRAY[format('CREATE TYPE %I.%I AS (%s)', n.nspname, t.typname,
               (SELECT coalesce(string_agg(format('%I %s', a.attname, format_type(a.atttypid, a.atttypmod))
                       || CASE WHEN a.attcollation <> 0 AND a.attcollation <> y.typcollation THEN format(' COLLATE %I.%I', cn.nspname, l.collname) ELSE '' END,
                       ', ' ORDER BY a.attnum), '')
                FROM pg_catalog.pg_attribute AS a
                JOIN pg_catalog.pg_type AS y ON y.oid = a.atttypid
                LEFT JOIN pg_catalog.pg_collation AS l ON l.oid = a.attcollation
                LEFT JOIN pg_catalog.pg_namespace AS cn ON cn.oid = l.collnamespace
                WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped))]
           WHEN 'd' THEN format('CREATE DOMAIN %I.%I AS %s', n.nspname, t.typname, format_type(t.typbasetype, t.typtypmod))
               || (SELECT coalesce(max(format(' COLLATE %I.%I', cn.nspname, l.collname)), '')
                   FROM pg_catalog.pg_collation AS l
                   JOIN pg_catalog.pg_namespace AS cn ON cn.oid = l.collnamespace
                   JOIN pg_catalog.pg_type AS b ON b.oid = t.typbasetype
                   WHERE l.oid = t.typcollation AND t.typcollation <> b.typcollation)
               || coalesce(' DEFAULT ' || t.typdefault, '')
               || CASE WHEN t.typnotnull THEN ' NOT NULL' ELSE '' END
               || (SELECT coalesce(string_agg(format(' CONSTRAINT %I %s', c.conname, pg_get_constraintdef(c.oid)), '' ORDER BY c.conname), '')
                   FROM pg_catalog.pg_constraint AS c WHERE c.contypid = t.oid AND c.contype = 'c' AND c.convalidated)
               || (SELECT coalesce(array_agg(format('ALTER DOMAIN %I.%I ADD CONSTRAINT %I %s', n.nspname, t.typname, c.conname, pg_get_constraintdef(c.oid)) ORDER BY c.conname), '{}')
                   FROM pg_catalog.pg_constraint AS c WHERE c.contypid = t.oid AND c.contype = 'c' AND NOT c.convalidated)
           WHEN 'r' THEN ARRAY[(SELECT format('CREATE TYPE %I.%I AS RANGE (SUBTYPE = %s, SUBTYPE_OPCLASS = %I.%I', n.nspname, t.typname, format_type(r.rngsubtype, NULL), oon.nspname, oo.opcname)
                   || coalesce(', COLLATION = ' || quote_ident(ln.nspname) || '.' || quote_ident(l.collname), '')
                   || CASE WHEN r.rngsubdiff <> 0 THEN ', SUBTYPE_DIFF = ' || r.rngsubdiff::text ELSE '' END
                   || coalesce(', MULTIRANGE_TYPE_NAME = ' || quote_ident(mn.nspname) || '.' || quote_ident(m.typname), '') || ')'
               FROM pg_catalog.pg_range AS r
               JOIN pg_catalog.pg_opclass AS oo ON oo.oid = r.rngsubopc
               JOIN pg_catalog.pg_namespace AS oon ON oon.oid = oo.opcnamespace
               LEFT JOIN pg_catalog.pg_collation AS l ON l.oid = r.rngcollation
               LEFT JOIN pg_catalog.pg_namespace AS ln ON ln.oid = l.collnamespace
               LEFT JOIN pg_catalog.pg_type AS m ON m.oid = (to_jsonb(r) ->> 'rngmultitypid')::oid
               LEFT JOIN pg_catalog.pg_namespace AS mn ON mn.oid = m.typnamespace
               WHERE r.rngtypid = t.oid)]
           ELSE '{}'::text[]
       END,
       coalesce((SELECT array_agg(m.typname::text) FROM pg_catalog.pg_range AS r JOIN pg_catalog.pg_type AS m ON m.oid = (to_jsonb(r) ->> 'rngmultitypid')::oid
                 WHERE r.rngtypid = t.oid AND m.typnamespace = t.typnamespace), '{}')
FROM pg_catalog.pg_type AS t
JOIN pg_catalog.pg_namespace AS n ON n.oid = t.typnamespace
LEFT JOIN pg_catalog.pg_class AS c ON c.oid = t.typrelid
WHERE n.nspname = ANY ($1::text[])
  AND (t.typtype IN ('e', 'd', 'r') OR t.typtype = 'c' AND c.relkind = 'c' OR t.typtype = 'b' AND t.typelem = 0)
  AND NOT EXISTS (SELECT FROM extension_members AS x WHERE x.classid = 'pg_catalog.pg_type'::regclass AND x.objid = t.oid)
UNION ALL
SELECT l.oid, n.nspname::text, l.collname::text, 'collation',
       ARRAY[format('CREATE COLLATION %I.%I (PROVIDER = %s, %s%s)', n.nspname, l.collname,
           CASE l.collprovider WHEN 'i' THEN 'icu' WHEN 'b' THEN 'builtin' ELSE 'libc' END,
           CASE WHEN l.collprovider = 'c' THEN format('LC_COLLATE = %L, LC_CTYPE = %L', j ->> 'collcollate', j ->> 'collctype')
                ELSE format('LOCALE = %L, DETERMINISTIC = %s', coalesce(j ->> 'colllocale', j ->> 'colliculocale', j ->> 'collcollate'), l.collisdeterministic::text) END,
           coalesce(', RULES = ' || quote_literal(j ->> 'collicurules'), ''))], '{}'::text[]
FROM pg_catalog.pg_collation AS l
JOIN pg_catalog.pg_namespace AS n ON n.oid = l.collnamespace
CROSS JOIN LATERAL to_jsonb(l) AS j
WHERE n.nspname = ANY ($1::text[])
  AND NOT EXISTS (SELECT FROM extension_members AS x WHERE x.classid = 'pg_catalog.pg_collation'::regclass AND x.objid = l.oid)
ORDER BY 1
