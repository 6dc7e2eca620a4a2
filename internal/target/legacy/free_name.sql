SELECT n.name
FROM (SELECT 0 AS i, $1::text AS name UNION ALL SELECT i, $1::text || '_' || i FROM generate_series(2, 1000) AS i) AS n
WHERE to_regnamespace(quote_ident(n.name)) IS NULL
ORDER BY n.i
LIMIT 1;
