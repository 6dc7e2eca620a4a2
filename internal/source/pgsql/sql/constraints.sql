-- The constraints of tables, but NOT NULL that holds; a partition's constraint names its parent's index.
SELECT c.oid, c.conrelid::bigint, c.conname::text, c.contype::text, pg_get_constraintdef(c.oid), c.conislocal, c.convalidated,
       c.conparentid <> 0, c.conindid::bigint, c.confrelid::bigint,
       coalesce((SELECT i.inhparent::bigint FROM pg_catalog.pg_inherits AS i WHERE i.inhrelid = c.conindid), 0)
FROM pg_catalog.pg_constraint AS c
WHERE c.conrelid = ANY ($1::oid[]) AND (c.contype IN ('c', 'p', 'u', 'x', 'f') OR c.contype = 'n' AND NOT c.convalidated)
ORDER BY c.oid
