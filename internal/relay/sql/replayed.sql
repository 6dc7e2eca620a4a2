UPDATE sch_chameleon.t_relay_segments SET ts_replayed = clock_timestamp()
WHERE i_id_source = $1 AND i_segment = ANY ($2);
