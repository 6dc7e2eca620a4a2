SELECT s.i_id_source, s.t_source, s.enm_source_type::text, s.jsb_schema_mappings, s.enm_status::text, s.b_paused, s.b_maintenance,
       coalesce(s.t_host, ''), coalesce(s.i_pid, 0), s.ts_led, l.i_epoch,
       clock_timestamp(), r.t_position, r.ts_last_received, r.b_current, r.ts_beat, r.t_note,
       r.t_relay, r.i_relay_transactions, r.i_relay_bytes, r.i_relay_limit, r.b_relay_full, r.b_resting,
       l.t_position, l.ts_last_replayed, l.ts_applied,
       l.i_transactions, l.i_inserted, l.i_updated, l.i_deleted, l.i_missing, l.i_ddl, l.i_skipped,
       coalesce((SELECT jsonb_object_agg(n.enm_state, n.i_tables)
                 FROM (SELECT enm_state, count(*) AS i_tables FROM sch_chameleon.t_replica_tables AS t
                       WHERE t.i_id_source = s.i_id_source GROUP BY enm_state) AS n), '{}'),
       (SELECT count(*) FROM sch_chameleon.t_error_log AS e WHERE e.i_id_source = s.i_id_source),
       (SELECT count(*) FROM sch_chameleon.t_discarded_rows AS d WHERE d.i_id_source = s.i_id_source AND d.t_rule = '')
FROM sch_chameleon.t_sources AS s
JOIN sch_chameleon.t_last_replayed AS l USING (i_id_source)
JOIN sch_chameleon.t_last_received AS r USING (i_id_source)
ORDER BY s.t_source;
