WITH found AS (
    SELECT t.i_id_table, m.i_id_refill AS i_former
    FROM sch_chameleon.t_replica_tables AS t
    JOIN unnest($3::text[], $4::text[]) AS n (t_source_schema, t_source_table) USING (t_source_schema, t_source_table)
    LEFT JOIN sch_chameleon.t_refill_tables AS m USING (i_id_table)
    WHERE t.i_id_source = $1
), moved AS (
    INSERT INTO sch_chameleon.t_refill_tables (i_id_table, i_id_refill, t_reason)
    SELECT i_id_table, $2::bigint, $5::text FROM found
    ON CONFLICT (i_id_table) DO UPDATE SET i_id_refill = excluded.i_id_refill
)
DELETE FROM sch_chameleon.t_refills AS r
USING found AS f
WHERE r.i_id_refill = f.i_former AND r.i_id_refill <> $2::bigint
  AND NOT EXISTS (SELECT FROM sch_chameleon.t_refill_tables AS m
                  WHERE m.i_id_refill = r.i_id_refill AND m.i_id_table NOT IN (SELECT i_id_table FROM found));
