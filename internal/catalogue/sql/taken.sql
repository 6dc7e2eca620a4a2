SELECT t.v_schema_name, t.v_table_name, s.t_source, t.t_source_schema || '.' || t.t_source_table
FROM sch_chameleon.t_replica_tables AS t
JOIN sch_chameleon.t_sources AS s USING (i_id_source)
WHERE s.t_source <> $1 AND t.v_schema_name = ANY ($2)
  AND (t.enm_state NOT IN ('excluded', 'failed') OR t.b_created)
ORDER BY t.v_schema_name, t.v_table_name;
