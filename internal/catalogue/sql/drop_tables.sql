WITH named AS (
    SELECT * FROM unnest($2::text[], $3::text[]) AS n (t_source_schema, t_source_table)
), conversions AS (
    DELETE FROM sch_chameleon.t_conversions AS c USING named AS n
    WHERE c.i_id_source = $1 AND c.t_source_schema = n.t_source_schema AND c.t_source_table = n.t_source_table
)
DELETE FROM sch_chameleon.t_replica_tables AS t USING named AS n
WHERE t.i_id_source = $1 AND t.t_source_schema = n.t_source_schema AND t.t_source_table = n.t_source_table;
