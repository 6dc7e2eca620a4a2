WITH discarded AS (
    DELETE FROM sch_chameleon.t_discarded_rows
    WHERE i_id_source = $1 AND t_source_schema = $2 AND t_source_table = $3 AND (t_stage = 'copy' OR t_rule <> '')
)
DELETE FROM sch_chameleon.t_conversions
WHERE i_id_source = $1 AND t_source_schema = $2 AND t_source_table = $3;
