SELECT c.oid IS NOT NULL,
       coalesce((SELECT split_part(o, '=', 2)::integer FROM unnest(c.reloptions) AS o WHERE o LIKE 'fillfactor=%'), 0),
       ARRAY(SELECT r FROM unnest($2::text[]) AS r
             WHERE c.oid IS NOT NULL AND NOT (has_table_privilege(r, c.oid, 'SELECT') AND has_schema_privilege(r, c.relnamespace, 'USAGE')))
FROM (SELECT 1) AS one
LEFT JOIN pg_class AS c ON c.oid = to_regclass($1) AND c.relkind IN ('r', 'p');
