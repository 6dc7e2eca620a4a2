-- Version 1 does not say of which table a row was. A batch that is no longer kept has no source; then any source's may be meant.
SELECT j ->> 'v_schema_name', j ->> 'v_table_name', '', count(*)
FROM sch_chameleon.t_discarded_rows AS d CROSS JOIN LATERAL to_jsonb(d) AS j
LEFT JOIN sch_chameleon.t_replica_batch AS b ON b.i_id_batch = d.i_id_batch
WHERE j ? 'v_table_name' AND coalesce(b.i_id_source, $1) = $1
GROUP BY 1, 2;
