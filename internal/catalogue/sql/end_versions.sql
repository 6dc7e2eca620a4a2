UPDATE sch_chameleon.t_schema_versions AS v
SET t_until = '', i_ended = nextval('sch_chameleon.seq_ended')
FROM unnest($2::text[], $3::text[]) AS gone (s, t)
WHERE v.i_id_source = $1 AND v.t_source_schema = gone.s AND v.t_source_table = gone.t AND v.t_until IS NULL;
