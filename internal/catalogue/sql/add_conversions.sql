INSERT INTO sch_chameleon.t_conversions AS c (i_id_source, t_source_schema, t_source_table, t_source_column, t_rule, i_count)
SELECT $1, t_source_schema, t_source_table, t_source_column, t_rule, sum(i_count)
FROM jsonb_to_recordset($2::jsonb) AS g (t_source_schema text, t_source_table text, t_source_column text, t_rule text, i_count bigint)
GROUP BY t_source_schema, t_source_table, t_source_column, t_rule
ORDER BY t_source_schema, t_source_table, t_source_column, t_rule
ON CONFLICT (i_id_source, t_source_schema, t_source_table, t_source_column, t_rule) DO UPDATE SET i_count = c.i_count + excluded.i_count;
