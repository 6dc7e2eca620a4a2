-- The columns differ by version: version 1 has one schema for each source, and no types of sources.
SELECT s.i_id_source, s.t_source, coalesce(j ->> 'enm_source_type', 'mysql'), j ->> 'enm_status', j -> 'jsb_schema_mappings', coalesce(j ->> 't_dest_schema', '')
FROM sch_chameleon.t_sources AS s CROSS JOIN LATERAL to_jsonb(s) AS j
ORDER BY s.i_id_source;
