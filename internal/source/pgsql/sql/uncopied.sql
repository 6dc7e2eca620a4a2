-- What belongs to the tables and is not copied, by kind.
SELECT 'triggers', count(*) FROM pg_catalog.pg_trigger WHERE tgrelid = ANY ($1::oid[]) AND NOT tgisinternal
UNION ALL SELECT 'row security policies', count(*) FROM pg_catalog.pg_policy WHERE polrelid = ANY ($1::oid[])
UNION ALL SELECT 'rules', count(*) FROM pg_catalog.pg_rewrite WHERE ev_class = ANY ($1::oid[])
UNION ALL SELECT 'extended statistics', count(*) FROM pg_catalog.pg_statistic_ext WHERE stxrelid = ANY ($1::oid[])
