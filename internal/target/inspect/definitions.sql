SELECT n.nspname::text, c.relname::text,
       (SELECT coalesce(jsonb_agg(jsonb_build_object(
                   'name', a.attname, 'type', format_type(a.atttypid, a.atttypmod), 'not_null', a.attnotnull,
                   'default', CASE WHEN a.attgenerated = '' THEN coalesce(pg_get_expr(d.adbin, d.adrelid), '') ELSE '' END,
                   'identity', a.attidentity <> '', 'generated', a.attgenerated <> '',
                   'comment', coalesce(col_description(a.attrelid, a.attnum), '')) ORDER BY a.attnum), '[]')
        FROM pg_catalog.pg_attribute AS a
        LEFT JOIN pg_catalog.pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
        WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped),
       (SELECT coalesce(jsonb_agg(jsonb_build_object(
                   'name', k.conname,
                   'kind', CASE k.contype WHEN 'p' THEN 'primary key' WHEN 'u' THEN 'unique' WHEN 'f' THEN 'foreign key'
                                          WHEN 'c' THEN 'check' ELSE 'exclusion' END,
                   'columns', (SELECT coalesce(jsonb_agg(a.attname ORDER BY o.place), '[]')
                               FROM unnest(k.conkey) WITH ORDINALITY AS o (attnum, place)
                               JOIN pg_catalog.pg_attribute AS a ON a.attrelid = k.conrelid AND a.attnum = o.attnum),
                   'definition', pg_get_constraintdef(k.oid), 'valid', k.convalidated) ORDER BY k.conname), '[]')
        FROM pg_catalog.pg_constraint AS k
        WHERE k.conrelid = c.oid AND k.contype IN ('p', 'u', 'f', 'c', 'x')),
       (SELECT coalesce(jsonb_agg(jsonb_build_object(
                   'name', i.relname, 'unique', x.indisunique, 'primary', x.indisprimary, 'valid', x.indisvalid,
                   'constraint', EXISTS (SELECT FROM pg_catalog.pg_constraint AS k WHERE k.conindid = x.indexrelid AND k.contype IN ('p', 'u', 'x')),
                   'columns', (SELECT coalesce(jsonb_agg(coalesce(a.attname, '') ORDER BY o.place), '[]')
                               FROM unnest(x.indkey) WITH ORDINALITY AS o (attnum, place)
                               LEFT JOIN pg_catalog.pg_attribute AS a ON a.attrelid = x.indrelid AND a.attnum = o.attnum AND o.attnum > 0
                               WHERE o.place <= x.indnkeyatts),
                   'definition', pg_get_indexdef(x.indexrelid)) ORDER BY NOT x.indisprimary, i.relname), '[]')
        FROM pg_catalog.pg_index AS x
        JOIN pg_catalog.pg_class AS i ON i.oid = x.indexrelid
        WHERE x.indrelid = c.oid),
       (SELECT coalesce(array_agg(t.tgname::text ORDER BY t.tgname), '{}') FROM pg_catalog.pg_trigger AS t
        WHERE t.tgrelid = c.oid AND NOT t.tgisinternal)
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = ANY ($1::text[]) AND c.relkind IN ('r', 'p') AND ($2::text IS NULL OR c.relname = $2)
ORDER BY 1, 2;
