DELETE FROM sch_chameleon.t_definitions AS d
USING unnest($2::text[], $3::text[]) AS n (t_source_schema, t_source_table)
WHERE d.i_id_source = $1 AND d.t_source_schema = n.t_source_schema AND d.t_source_table = n.t_source_table;
