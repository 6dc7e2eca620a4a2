WITH gone AS (
    DELETE FROM sch_chameleon.t_copied_objects WHERE i_id_source = $1 AND i_object > cardinality($2::text[])
)
INSERT INTO sch_chameleon.t_copied_objects (i_id_source, i_object, t_kind, v_schema_name, v_object_name, t_arguments)
SELECT $1, o.place, o.kind, o.schema, o.name, o.arguments
FROM unnest($2::text[], $3::text[], $4::text[], $5::text[]) WITH ORDINALITY AS o (kind, schema, name, arguments, place)
ON CONFLICT (i_id_source, i_object) DO UPDATE
    SET t_kind = excluded.t_kind, v_schema_name = excluded.v_schema_name, v_object_name = excluded.v_object_name, t_arguments = excluded.t_arguments;
