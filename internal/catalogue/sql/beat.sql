UPDATE sch_chameleon.t_last_received
SET t_position = coalesce(nullif($3, ''), t_position), ts_last_received = coalesce($4, ts_last_received), b_current = $5, t_note = $6,
    ts_beat = clock_timestamp(), t_relay = coalesce(nullif($7, ''), t_relay),
    i_relay_transactions = CASE $7 WHEN '' THEN i_relay_transactions ELSE $8 END, i_relay_bytes = CASE $7 WHEN '' THEN i_relay_bytes ELSE $9 END,
    i_relay_limit = CASE $7 WHEN '' THEN i_relay_limit ELSE $10 END, b_relay_full = $11, b_resting = $12
WHERE i_id_source = $1
  AND $2 = (SELECT i_epoch FROM sch_chameleon.t_last_replayed WHERE i_id_source = $1);
