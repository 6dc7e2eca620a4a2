SELECT n.nspname::text, c.relname::text, i.relname::text, x.indisprimary, x.indisunique,
       ARRAY (SELECT a.attname::text
              FROM unnest(x.indkey::smallint[]) WITH ORDINALITY AS k (attnum, place)
              JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = k.attnum
              WHERE k.place <= x.indnkeyatts
              ORDER BY k.place)
FROM pg_catalog.pg_index AS x
JOIN pg_catalog.pg_class AS c ON c.oid = x.indrelid
JOIN pg_catalog.pg_class AS i ON i.oid = x.indexrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = ANY ($1::text[]) AND x.indisvalid AND x.indpred IS NULL AND x.indexprs IS NULL
ORDER BY n.nspname, c.relname, i.relname;
