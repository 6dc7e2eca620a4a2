UPDATE sch_chameleon.t_schema_versions AS v
SET t_until = '', i_ended = nextval('sch_chameleon.seq_ended')
FROM unnest($2::text[], $3::text[]) WITH ORDINALITY AS given (s, t, n)
WHERE v.i_id_source = $1 AND v.t_source_schema = given.s AND v.t_source_table = given.t AND v.t_until IS NULL
    AND v.jsb_definition <> $4::jsonb -> (n - 1)::int;
