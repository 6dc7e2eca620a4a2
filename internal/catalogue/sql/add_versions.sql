INSERT INTO sch_chameleon.t_schema_versions (i_id_source, t_source_schema, t_source_table, jsb_definition)
SELECT $1, s, t, $4::jsonb -> (n - 1)::int
FROM unnest($2::text[], $3::text[]) WITH ORDINALITY AS given (s, t, n)
ON CONFLICT (i_id_source, t_source_schema, t_source_table) WHERE t_until IS NULL DO NOTHING;
