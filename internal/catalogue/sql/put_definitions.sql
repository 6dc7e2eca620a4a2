INSERT INTO sch_chameleon.t_definitions (i_id_source, t_source_schema, t_source_table, jsb_definition)
SELECT $1, d ->> 'schema', d ->> 'table', d FROM jsonb_array_elements($2::jsonb) AS d
ON CONFLICT (i_id_source, t_source_schema, t_source_table) DO UPDATE SET jsb_definition = excluded.jsb_definition;
