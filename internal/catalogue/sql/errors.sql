SELECT e.i_id_log, coalesce(e.i_id_source, 0), coalesce(s.t_source, ''), e.ts_error, e.t_source_schema, e.t_source_table,
       e.v_schema_name, e.v_table_name, e.t_position, e.t_sql, e.t_error_message
FROM sch_chameleon.t_error_log AS e
LEFT JOIN sch_chameleon.t_sources AS s USING (i_id_source)
WHERE ($1::bigint = 0 OR e.i_id_source = $1) AND ($2::bigint = 0 OR e.i_id_log = $2)
ORDER BY e.i_id_log DESC
LIMIT nullif($3::bigint, 0);
