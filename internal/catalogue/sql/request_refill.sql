WITH asked AS (
    SELECT t.i_id_table
    FROM sch_chameleon.t_replica_tables AS t
    WHERE t.i_id_source = $1 AND t.t_source_schema = $2 AND t.t_source_table = $3
      AND NOT EXISTS (SELECT FROM sch_chameleon.t_refill_tables AS m WHERE m.i_id_table = t.i_id_table)
), refill AS (
    INSERT INTO sch_chameleon.t_refills (i_id_source, t_step, t_position, jsb_tracked, b_in_place, b_skip)
    SELECT $1, $5::text, $6::text, $7::jsonb, $5::text = 'following', $8::boolean FROM asked
    RETURNING i_id_refill
)
INSERT INTO sch_chameleon.t_refill_tables (i_id_table, i_id_refill, t_reason)
SELECT i_id_table, i_id_refill, $4::text FROM asked CROSS JOIN refill;
