WITH sealed AS (
    UPDATE sch_chameleon.t_schema_versions AS v
    SET t_from = CASE WHEN v.t_from = '' THEN given.at ELSE v.t_from END,
        t_until = CASE WHEN v.t_until = '' THEN given.at ELSE v.t_until END
    FROM unnest($2::text[], $3::text[], $4::text[]) AS given (s, t, at)
    WHERE v.i_id_source = $1 AND v.t_source_schema = given.s AND v.t_source_table = given.t AND (v.t_from = '' OR v.t_until = '')
    RETURNING v.t_until
)
SELECT count(t_until) FROM sealed;
