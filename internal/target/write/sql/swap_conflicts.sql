-- Names that tables need and that something has which is not theirs. $1: for each table the one of ours in
-- its place, or '' for none; $2, $3, $4: tables' ordinals, schemas and the names that they need. Ours are the
-- table itself, its indexes, and the sequences and types that its columns have.
WITH old AS MATERIALIZED (
    SELECT n, to_regclass(nullif(ident, ''))::oid AS id FROM unnest($1::text[]) WITH ORDINALITY AS o (ident, n)
), wanted AS MATERIALIZED (
    SELECT w.n, w.name, s.oid AS space, old.id
    FROM unnest($2::int[], $3::text[], $4::text[]) AS w (n, space, name)
    JOIN pg_namespace AS s ON s.nspname = w.space
    JOIN old ON old.n = w.n
), taken AS (
    SELECT w.n, w.name
    FROM wanted AS w JOIN pg_class AS c ON c.relnamespace = w.space AND c.relname = w.name
    WHERE w.id IS NULL
       OR NOT (c.oid = w.id AND c.relkind = 'r')
      AND NOT EXISTS (SELECT FROM pg_index AS i WHERE i.indrelid = w.id AND i.indexrelid = c.oid)
      AND NOT EXISTS (SELECT FROM pg_depend AS d
                      WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid = w.id
                        AND d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype IN ('a', 'i'))
    UNION ALL
    SELECT w.n, w.name
    FROM wanted AS w JOIN pg_type AS y ON y.typnamespace = w.space AND y.typname = w.name
    WHERE y.typrelid = 0 AND y.typcategory <> 'A'
      AND (w.id IS NULL OR NOT EXISTS (SELECT FROM pg_attribute AS a WHERE a.attrelid = w.id AND a.atttypid = y.oid AND NOT a.attisdropped))
)
SELECT DISTINCT ON (n) n, name FROM taken ORDER BY n, name;
