SELECT s.i_id_source, s.t_source, s.enm_source_type::text, s.jsb_schema_mappings, s.enm_status::text, s.b_paused, s.b_maintenance,
       coalesce(s.t_host, ''), coalesce(s.i_pid, 0), s.ts_led, l.i_epoch, l.t_position, s.jsb_options
FROM sch_chameleon.t_sources AS s
JOIN sch_chameleon.t_last_replayed AS l USING (i_id_source)
ORDER BY s.t_source;
