WITH source AS (
    UPDATE sch_chameleon.t_last_replayed
    SET t_position = '', ts_last_replayed = NULL, ts_applied = NULL, i_transactions = 0, i_inserted = 0, i_updated = 0,
        i_deleted = 0, i_missing = 0, i_ddl = 0, i_skipped = 0
    WHERE i_id_source = $1 AND i_epoch = $2
    RETURNING i_id_source
), received AS (
    UPDATE sch_chameleon.t_last_received
    SET t_position = '', ts_last_received = NULL, b_current = false, t_note = '', t_relay = '', i_relay_transactions = 0, i_relay_bytes = 0,
        i_relay_limit = 0, b_relay_full = false, b_resting = false
    WHERE i_id_source IN (SELECT i_id_source FROM source)
), chunks AS (
    DELETE FROM sch_chameleon.t_chunks AS c
    USING sch_chameleon.t_replica_tables AS t
    WHERE t.i_id_table = c.i_id_table AND t.i_id_source IN (SELECT i_id_source FROM source)
), definitions AS (
    DELETE FROM sch_chameleon.t_definitions WHERE i_id_source IN (SELECT i_id_source FROM source)
), versions AS (
    DELETE FROM sch_chameleon.t_schema_versions WHERE i_id_source IN (SELECT i_id_source FROM source)
), horizon AS (
    UPDATE sch_chameleon.t_sources SET t_history_from = '' WHERE i_id_source IN (SELECT i_id_source FROM source)
), temporary AS (
    DELETE FROM sch_chameleon.t_temporary_tables WHERE i_id_source IN (SELECT i_id_source FROM source)
), conversions AS (
    DELETE FROM sch_chameleon.t_conversions WHERE i_id_source IN (SELECT i_id_source FROM source)
), refills AS (
    DELETE FROM sch_chameleon.t_refills WHERE i_id_source IN (SELECT i_id_source FROM source)
), shadows AS (
    DELETE FROM sch_chameleon.t_shadows WHERE i_id_source IN (SELECT i_id_source FROM source)
), relays AS (
    DELETE FROM sch_chameleon.t_relays WHERE i_id_source IN (SELECT i_id_source FROM source)
), prepared AS (
    DELETE FROM sch_chameleon.t_xa_prepared WHERE i_id_source IN (SELECT i_id_source FROM source)
)
SELECT true FROM source;
