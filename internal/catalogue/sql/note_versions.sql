UPDATE sch_chameleon.t_schema_versions
SET t_statement = CASE WHEN t_from = '' AND t_statement = '' THEN $2 ELSE t_statement END,
    t_ended_by = CASE WHEN t_until = '' AND t_ended_by = '' THEN $2 ELSE t_ended_by END
WHERE i_id_source = $1 AND (t_from = '' OR t_until = '');
