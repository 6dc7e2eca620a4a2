WITH lease AS (
    SELECT l.i_id_source
    FROM sch_chameleon.t_last_replayed AS l
    JOIN sch_chameleon.t_replica_tables AS t USING (i_id_source)
    WHERE t.i_id_table = $1 AND l.i_epoch = $2
    FOR SHARE OF l
), saved AS (
    INSERT INTO sch_chameleon.t_chunks (i_id_table, i_chunk, b_lower, b_upper, i_rows, i_bytes, i_discarded)
    SELECT $1, $3, $4, $5, $6, $7, $8 FROM lease
    ON CONFLICT DO NOTHING
    RETURNING i_chunk
)
SELECT EXISTS (SELECT FROM lease), EXISTS (SELECT FROM saved);
