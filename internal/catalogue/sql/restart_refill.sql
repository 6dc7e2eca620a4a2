WITH refill AS (
    UPDATE sch_chameleon.t_refills
    SET t_step = 'waiting', i_round = i_round + 1, t_position = '', jsb_tracked = '[]', b_open_xa = false, b_in_place = false, b_skip = false,
        i_tries = coalesce($2::integer, i_tries), ts_next = coalesce($3::timestamptz, ts_next), t_note = $4
    WHERE i_id_refill = $1
    RETURNING i_id_refill
)
UPDATE sch_chameleon.t_refill_tables AS m
SET t_step = ''
FROM refill
WHERE m.i_id_refill = refill.i_id_refill;
