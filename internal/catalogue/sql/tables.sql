SELECT t.i_id_table, t.t_source_schema, t.t_source_table, t.v_schema_name, t.v_table_name, t.v_table_pkey, t.enm_state::text, t.ts_state,
       t.b_created, CASE WHEN $2 THEN t.jsb_definition END, CASE WHEN $2 THEN t.jsb_mapping END, t.t_low_mark, t.t_high_mark, t.t_pending_keys, t.t_reason, t.t_excluded_at,
       t.i_estimated_rows, t.i_estimated_bytes,
       t.i_copied_rows + coalesce(c.i_rows, 0), t.i_copied_bytes + coalesce(c.i_bytes, 0), t.i_discarded_rows + coalesce(c.i_discarded, 0)
FROM sch_chameleon.t_replica_tables AS t
CROSS JOIN LATERAL (SELECT sum(i_rows)::bigint AS i_rows, sum(i_bytes)::bigint AS i_bytes, sum(i_discarded)::bigint AS i_discarded
                    FROM sch_chameleon.t_chunks AS h WHERE h.i_id_table = t.i_id_table) AS c
WHERE t.i_id_source = $1
