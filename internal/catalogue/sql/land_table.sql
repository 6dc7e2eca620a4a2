UPDATE sch_chameleon.t_replica_tables
SET enm_state = 'catching_up', ts_state = now(), v_table_pkey = $2, b_created = b_created OR $3::boolean, jsb_definition = $4, jsb_mapping = $5,
    t_low_mark = $6, t_high_mark = $6, t_pending_keys = '{}', t_reason = '', t_excluded_at = ''
WHERE i_id_table = $1;
