WITH chunks AS (
    DELETE FROM sch_chameleon.t_chunks WHERE i_id_table = $1
), counts AS (
    UPDATE sch_chameleon.t_replica_tables
    SET i_copied_rows = 0, i_copied_bytes = 0, i_discarded_rows = 0
    WHERE i_id_table = $1
)
UPDATE sch_chameleon.t_refill_tables
SET t_step = $2, jsb_definition = $3, jsb_mapping = $4, t_low_mark = $5, t_high_mark = $6, t_pending_keys = $7
WHERE i_id_table = $1;
