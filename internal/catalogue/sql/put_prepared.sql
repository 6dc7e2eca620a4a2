INSERT INTO sch_chameleon.t_xa_prepared (i_id_source, t_xid, i_piece, b_events, t_position)
SELECT $1, $2, coalesce(max(i_piece), 0) + 1, $3, $4
FROM sch_chameleon.t_xa_prepared
WHERE i_id_source = $1 AND t_xid = $2;
