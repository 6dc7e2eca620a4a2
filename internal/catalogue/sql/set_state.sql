UPDATE sch_chameleon.t_replica_tables AS t
SET enm_state = $2::text::sch_chameleon.en_table_state, ts_state = now(), t_reason = '', t_excluded_at = ''
FROM unnest($3::text[], $4::text[]) AS n (t_source_schema, t_source_table)
WHERE t.i_id_source = $1 AND t.t_source_schema = n.t_source_schema AND t.t_source_table = n.t_source_table;
