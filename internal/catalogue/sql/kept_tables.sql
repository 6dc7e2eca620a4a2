SELECT t_source_schema, t_source_table
FROM sch_chameleon.t_kept_tables AS k
JOIN sch_chameleon.t_replica_tables AS t USING (i_id_source, t_source_schema, t_source_table)
JOIN unnest($2::text[], $3::text[]) AS n (t_source_schema, t_source_table) USING (t_source_schema, t_source_table)
WHERE k.i_id_source = $1 AND t.enm_state = 'excluded' AND t.t_excluded_at = k.t_position;
