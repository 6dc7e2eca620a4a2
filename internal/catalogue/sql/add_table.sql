INSERT INTO sch_chameleon.t_replica_tables (i_id_source, t_source_schema, t_source_table, v_schema_name, v_table_name, enm_state, t_reason)
VALUES ($1, $2, $3, $4, $5, 'excluded', $6)
ON CONFLICT (i_id_source, t_source_schema, t_source_table) DO NOTHING;
