-- Sizes and dead rows of the replicated tables, then sizes and rows of the catalogue.
SELECT
	(SELECT SUM(pg_total_relation_size(relid)) FROM pg_stat_user_tables WHERE schemaname = '%s'),
	(SELECT SUM(n_dead_tup) FROM pg_stat_user_tables WHERE schemaname <> 'sch_chameleon'),
	(SELECT SUM(pg_total_relation_size(relid)) FROM pg_stat_user_tables WHERE schemaname = 'sch_chameleon'),
	(SELECT SUM(n_live_tup) FROM pg_stat_user_tables WHERE schemaname = 'sch_chameleon'),
	(SELECT SUM(n_dead_tup) FROM pg_stat_user_tables WHERE schemaname = 'sch_chameleon')
