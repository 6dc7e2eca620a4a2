WITH moved AS (
    SELECT * FROM jsonb_each_text($2::jsonb) AS m (t_from, t_to)
), discarded AS (
    UPDATE sch_chameleon.t_discarded_rows AS d SET v_schema_name = m.t_to
    FROM moved AS m WHERE d.i_id_source = $1 AND d.v_schema_name = m.t_from
), errors AS (
    UPDATE sch_chameleon.t_error_log AS e SET v_schema_name = m.t_to
    FROM moved AS m WHERE e.i_id_source = $1 AND e.v_schema_name = m.t_from
)
UPDATE sch_chameleon.t_replica_tables AS t SET v_schema_name = m.t_to
FROM moved AS m WHERE t.i_id_source = $1 AND t.v_schema_name = m.t_from;
