SELECT t.v_schema_name, t.v_table_name, t.v_table_pkey::text[], coalesce(t.t_binlog_name, ''), coalesce(t.i_binlog_position, 0),
       coalesce((to_jsonb(t) ->> 'b_replica_enabled')::boolean, true)
FROM sch_chameleon.t_replica_tables AS t
WHERE t.i_id_source = $1
ORDER BY 1, 2;
