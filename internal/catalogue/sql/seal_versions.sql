WITH sealed AS (
    UPDATE sch_chameleon.t_schema_versions AS v
    SET t_from = CASE WHEN v.t_from = '' THEN p.at ELSE v.t_from END,
        ts_from = CASE WHEN v.t_from = '' THEN $3 ELSE v.ts_from END,
        t_until = CASE WHEN v.t_until = '' THEN p.at ELSE v.t_until END,
        ts_until = CASE WHEN v.t_until = '' THEN $3 ELSE v.ts_until END
    FROM (SELECT i_id_source, coalesce(nullif($2::text, ''), t_position) AS at FROM sch_chameleon.t_last_replayed) AS p
    WHERE v.i_id_source = $1 AND p.i_id_source = $1 AND (v.t_from = '' OR v.t_until = '')
    RETURNING v.t_until
)
SELECT count(t_until) FROM sealed;
