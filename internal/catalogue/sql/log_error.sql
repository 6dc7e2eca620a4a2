INSERT INTO sch_chameleon.t_error_log (i_id_source, t_source_schema, t_source_table, v_schema_name, v_table_name, t_position, t_sql, t_error_message)
VALUES (nullif($1, 0), $2, $3, $4, $5, $6, $7, $8)
RETURNING i_id_log;
