WITH gone AS (
    DELETE FROM sch_chameleon.t_chunks WHERE i_id_table = $1 RETURNING i_rows, i_bytes, i_discarded
), total AS (
    SELECT coalesce(sum(i_rows), 0)::bigint AS i_rows, coalesce(sum(i_bytes), 0)::bigint AS i_bytes,
           coalesce(sum(i_discarded), 0)::bigint AS i_discarded
    FROM gone
)
UPDATE sch_chameleon.t_replica_tables AS t
SET i_copied_rows = t.i_copied_rows + total.i_rows, i_copied_bytes = t.i_copied_bytes + total.i_bytes,
    i_discarded_rows = t.i_discarded_rows + total.i_discarded
FROM total
WHERE t.i_id_table = $1;
