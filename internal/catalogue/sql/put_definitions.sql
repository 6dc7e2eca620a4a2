INSERT INTO sch_chameleon.t_definitions (i_id_source, t_source_schema, t_source_table, jsb_definition, jsb_mapping)
SELECT $1, d ->> 'schema', d ->> 'table', d, nullif($3::jsonb -> (n - 1)::int, 'null')
FROM jsonb_array_elements($2::jsonb) WITH ORDINALITY AS t (d, n)
ON CONFLICT (i_id_source, t_source_schema, t_source_table)
    DO UPDATE SET jsb_definition = excluded.jsb_definition, jsb_mapping = excluded.jsb_mapping;
