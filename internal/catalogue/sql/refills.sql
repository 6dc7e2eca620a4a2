SELECT r.i_id_refill, r.t_step, r.i_round, r.t_position, r.jsb_tracked, r.b_open_xa, r.b_in_place, r.b_skip, r.i_tries, r.ts_next, r.t_note, r.ts_reached,
       r.ts_requested, t.i_id_table, t.t_source_schema, t.t_source_table, t.v_schema_name, t.v_table_name, t.enm_state::text, t.b_created,
       m.t_reason, m.t_step, m.jsb_definition, m.jsb_mapping, m.t_low_mark, m.t_high_mark, m.t_pending_keys
FROM sch_chameleon.t_refills AS r
JOIN sch_chameleon.t_refill_tables AS m USING (i_id_refill)
JOIN sch_chameleon.t_replica_tables AS t USING (i_id_table)
WHERE r.i_id_source = $1
ORDER BY r.i_id_refill, t.t_source_schema COLLATE "C", t.t_source_table COLLATE "C";
