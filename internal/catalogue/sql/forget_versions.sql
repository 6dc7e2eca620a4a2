WITH gone AS (
    DELETE FROM sch_chameleon.t_schema_versions
    WHERE i_id_source = $1 AND i_ended <= (
        SELECT i_ended FROM sch_chameleon.t_schema_versions
        WHERE i_id_source = $1 AND i_ended IS NOT NULL ORDER BY i_ended DESC OFFSET $2 LIMIT 1)
    RETURNING i_ended, t_until
)
UPDATE sch_chameleon.t_sources SET t_history_from = last.t_until
FROM (SELECT t_until FROM gone ORDER BY i_ended DESC LIMIT 1) AS last
WHERE i_id_source = $1;
