SELECT i_id_version, t_source_schema, t_source_table, t_from, ts_from, t_statement, coalesce(t_until, ''), ts_until, t_ended_by, t_until IS NULL, jsb_definition
FROM sch_chameleon.t_schema_versions
WHERE i_id_source = $1 AND ($2 = '' OR t_source_schema = $2) AND ($3 = '' OR t_source_table = $3)
ORDER BY t_source_schema, t_source_table, i_id_version;
