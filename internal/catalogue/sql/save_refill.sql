UPDATE sch_chameleon.t_refills
SET t_step = $4, t_position = $5, jsb_tracked = coalesce($6::jsonb, jsb_tracked), b_open_xa = $7, b_skip = $8, ts_reached = coalesce($9::timestamptz, ts_reached), t_note = ''
WHERE i_id_refill = $1 AND i_epoch = $2 AND i_round = $3;
