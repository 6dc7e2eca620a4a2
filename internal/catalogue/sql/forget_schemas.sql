WITH gone AS (
    SELECT unnest($2::text[]) AS t_source_schema
), kept AS (
    DELETE FROM sch_chameleon.t_kept_tables AS k USING gone AS g
    WHERE k.i_id_source = $1 AND k.t_source_schema = g.t_source_schema
), shadows AS (
    DELETE FROM sch_chameleon.t_shadows AS s USING gone AS g
    WHERE s.i_id_source = $1 AND s.t_source_schema = g.t_source_schema
), held AS (
    UPDATE sch_chameleon.t_held_statements AS h
    SET t_state = 'skipped', ts_decided = now(), t_decided_by = 'update_schema_mappings'
    WHERE h.i_id_source = $1 AND h.t_state = 'held'
      AND NOT EXISTS (SELECT FROM sch_chameleon.t_held_tables AS t
                      WHERE t.i_id_held = h.i_id_held AND t.t_source_schema NOT IN (SELECT t_source_schema FROM gone))
), conversions AS (
    DELETE FROM sch_chameleon.t_conversions AS c USING gone AS g
    WHERE c.i_id_source = $1 AND c.t_source_schema = g.t_source_schema
)
DELETE FROM sch_chameleon.t_replica_tables AS t USING gone AS g
WHERE t.i_id_source = $1 AND t.t_source_schema = g.t_source_schema;
