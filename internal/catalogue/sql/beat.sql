UPDATE sch_chameleon.t_last_received
SET t_position = coalesce(nullif($3, ''), t_position), ts_last_received = coalesce($4, ts_last_received), b_current = $5, t_note = $6,
    ts_beat = clock_timestamp()
WHERE i_id_source = $1
  AND $2 = (SELECT i_epoch FROM sch_chameleon.t_last_replayed WHERE i_id_source = $1);
