SELECT t_source_schema, t_source_table, t_source_column, t_rule, i_count, i_originals
FROM sch_chameleon.t_conversions
WHERE i_id_source = $1
ORDER BY t_source_schema, t_source_table, t_source_column, t_rule;
