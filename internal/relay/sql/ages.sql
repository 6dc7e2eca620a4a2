SELECT i_segment, greatest(0, extract(epoch FROM clock_timestamp() - ts_replayed))::double precision
FROM sch_chameleon.t_relay_segments
WHERE i_id_source = $1 AND ts_replayed IS NOT NULL
ORDER BY i_segment;
