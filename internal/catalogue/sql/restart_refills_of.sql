WITH refill AS (
    UPDATE sch_chameleon.t_refills AS r
    SET t_step = 'waiting', i_round = i_round + 1, t_position = '', jsb_tracked = '[]', b_open_xa = false, b_in_place = false, b_skip = false
    WHERE r.i_id_source = $1 AND EXISTS (
        SELECT FROM sch_chameleon.t_refill_tables AS m
        JOIN sch_chameleon.t_replica_tables AS t USING (i_id_table)
        JOIN unnest($2::text[], $3::text[]) AS n (t_source_schema, t_source_table) USING (t_source_schema, t_source_table)
        WHERE m.i_id_refill = r.i_id_refill)
    RETURNING r.i_id_refill
)
UPDATE sch_chameleon.t_refill_tables AS m
SET t_step = ''
FROM refill
WHERE m.i_id_refill = refill.i_id_refill;
