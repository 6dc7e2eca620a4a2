INSERT INTO sch_chameleon.t_kept_tables (i_id_source, t_source_schema, t_source_table, t_position)
VALUES ($1, $2, $3, $4)
ON CONFLICT (i_id_source, t_source_schema, t_source_table) DO UPDATE SET t_position = excluded.t_position;
