SELECT DISTINCT ON (v_schema_name, v_table_name) v_schema_name, v_table_name, coalesce(t_error_message, ''), 0
FROM sch_chameleon.t_error_log
WHERE i_id_source = $1
ORDER BY v_schema_name, v_table_name, i_id_log DESC;
