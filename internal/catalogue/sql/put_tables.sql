WITH given AS (
    SELECT * FROM jsonb_to_recordset($2::jsonb) AS g (
        t_source_schema text, t_source_table text, v_schema_name text, v_table_name text, v_table_pkey text[],
        enm_state sch_chameleon.en_table_state, b_created boolean, jsb_definition jsonb, jsb_mapping jsonb, t_low_mark text, t_high_mark text,
        t_pending_keys text[], t_reason text, i_estimated_rows bigint, i_estimated_bytes bigint)
), put AS (
    INSERT INTO sch_chameleon.t_replica_tables AS t (
        i_id_source, t_source_schema, t_source_table, v_schema_name, v_table_name, v_table_pkey, enm_state, b_created, jsb_definition, jsb_mapping,
        t_low_mark, t_high_mark, t_pending_keys, t_reason, i_estimated_rows, i_estimated_bytes)
    SELECT $1, t_source_schema, t_source_table, v_schema_name, v_table_name, v_table_pkey, enm_state, b_created, nullif(jsb_definition, 'null'), nullif(jsb_mapping, 'null'),
           t_low_mark, t_high_mark, t_pending_keys, t_reason, i_estimated_rows, i_estimated_bytes
    FROM given
    ON CONFLICT (i_id_source, t_source_schema, t_source_table) DO UPDATE
    SET v_schema_name = excluded.v_schema_name, v_table_name = excluded.v_table_name, v_table_pkey = excluded.v_table_pkey,
        enm_state = excluded.enm_state, b_created = t.b_created OR excluded.b_created, jsb_definition = excluded.jsb_definition,
        jsb_mapping = excluded.jsb_mapping,
        t_low_mark = excluded.t_low_mark, t_high_mark = excluded.t_high_mark, t_pending_keys = excluded.t_pending_keys,
        t_reason = excluded.t_reason, t_excluded_at = '', ts_state = now(),
        i_estimated_rows = excluded.i_estimated_rows, i_estimated_bytes = excluded.i_estimated_bytes,
        i_copied_rows = 0, i_copied_bytes = 0, i_discarded_rows = 0
    RETURNING t_source_schema, t_source_table, i_id_table
), chunks AS (
    DELETE FROM sch_chameleon.t_chunks WHERE i_id_table IN (SELECT i_id_table FROM put)
)
SELECT t_source_schema, t_source_table, i_id_table FROM put;
