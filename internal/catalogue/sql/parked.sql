SELECT t.i_id_table, t.t_source_schema, t.t_source_table, t.v_schema_name, t.v_table_name, t.b_created
FROM sch_chameleon.t_replica_tables AS t
JOIN unnest($2::text[], $3::text[]) AS n (t_source_schema, t_source_table) USING (t_source_schema, t_source_table)
WHERE t.i_id_source = $1 AND t.enm_state IN ('excluded', 'failed');
