SELECT given.n,
       coalesce((SELECT split_part(o, '=', 2)::integer FROM unnest(c.reloptions) AS o WHERE o LIKE 'fillfactor=%'), 0),
       ARRAY(SELECT r FROM unnest($2::text[]) AS r
             WHERE NOT (has_table_privilege(r, c.oid, 'SELECT') AND has_schema_privilege(r, c.relnamespace, 'USAGE')))
FROM unnest($1::text[]) WITH ORDINALITY AS given (ident, n)
JOIN pg_class AS c ON c.oid = to_regclass(given.ident) AND c.relkind IN ('r', 'p')
ORDER BY given.n;
