INSERT INTO sch_chameleon.t_relays AS r (i_id_source, i_epoch, t_position, i_row, i_first, t_keeps, jsb_source)
SELECT $1, $2, $3, 0, 1 + coalesce((SELECT max(i_segment) FROM sch_chameleon.t_relay_segments WHERE i_id_source = $1), 0), $4, $5
ON CONFLICT (i_id_source) DO UPDATE SET i_epoch = $2, jsb_source = $5 WHERE r.i_epoch <= $2
RETURNING t_position, i_row, i_first, t_keeps;
