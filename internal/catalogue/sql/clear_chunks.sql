WITH gone AS (
    DELETE FROM sch_chameleon.t_chunks WHERE i_id_table = $1
)
UPDATE sch_chameleon.t_replica_tables
SET t_low_mark = '', t_high_mark = '', i_copied_rows = 0, i_copied_bytes = 0, i_discarded_rows = 0
WHERE i_id_table = $1;
