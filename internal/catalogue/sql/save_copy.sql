UPDATE sch_chameleon.t_replica_tables
SET enm_state = $2::text::sch_chameleon.en_table_state, ts_state = now(), t_reason = '', t_excluded_at = '', t_high_mark = $3, t_pending_keys = $4
WHERE i_id_table = $1;
