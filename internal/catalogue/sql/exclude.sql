UPDATE sch_chameleon.t_replica_tables
SET enm_state = $4::text::sch_chameleon.en_table_state, ts_state = now(), t_reason = $5, t_excluded_at = $6
WHERE i_id_source = $1 AND t_source_schema = $2 AND t_source_table = $3;
