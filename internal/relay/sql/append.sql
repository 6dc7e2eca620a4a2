WITH log AS (
    UPDATE sch_chameleon.t_relays SET t_position = $3, i_row = $4, i_first = $5, t_keeps = $6
    WHERE i_id_source = $1 AND i_epoch = $2
    RETURNING i_id_source
)
INSERT INTO %s (i_row, b_more, i_transactions, i_bytes, t_server, t_file, i_end, t_gtid, b_data)
SELECT r.*
FROM unnest($7::bigint[], $8::boolean[], $9::bigint[], $10::bigint[], $11::text[], $12::text[], $13::bigint[], $14::text[], $15::bytea[]) AS r
WHERE EXISTS (SELECT FROM log);
