SELECT i_segment, i_row, t_position
FROM sch_chameleon.t_relay_segments
WHERE i_id_source = $1
ORDER BY i_segment;
