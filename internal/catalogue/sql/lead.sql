WITH replayed AS (
    UPDATE sch_chameleon.t_last_replayed SET i_epoch = i_epoch + 1 WHERE i_id_source = $1 RETURNING i_epoch
), source AS (
    UPDATE sch_chameleon.t_sources SET t_host = $2, i_pid = $3, ts_led = now() WHERE i_id_source = $1
)
SELECT i_epoch FROM replayed;
