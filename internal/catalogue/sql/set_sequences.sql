UPDATE sch_chameleon.t_definitions AS d SET jsb_definition = jsonb_set(d.jsb_definition, '{sequence,next}', to_jsonb(g.next))
FROM unnest($2::text[], $3::text[], $4::bigint[]) AS g (source_schema, source_table, next)
WHERE d.i_id_source = $1 AND d.t_source_schema = g.source_schema AND d.t_source_table = g.source_table AND d.jsb_definition ? 'sequence';
