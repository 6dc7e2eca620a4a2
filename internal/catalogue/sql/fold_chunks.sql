WITH gone AS (
    DELETE FROM sch_chameleon.t_chunks WHERE i_id_table = ANY ($1) RETURNING i_id_table, i_rows, i_bytes, i_discarded
), total AS (
    SELECT i_id_table, sum(i_rows)::bigint AS i_rows, sum(i_bytes)::bigint AS i_bytes, sum(i_discarded)::bigint AS i_discarded
    FROM gone GROUP BY i_id_table
)
UPDATE sch_chameleon.t_replica_tables AS t
SET i_copied_rows = t.i_copied_rows + total.i_rows, i_copied_bytes = t.i_copied_bytes + total.i_bytes,
    i_discarded_rows = t.i_discarded_rows + total.i_discarded
FROM total
WHERE t.i_id_table = total.i_id_table;
