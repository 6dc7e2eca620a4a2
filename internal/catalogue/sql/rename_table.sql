WITH originals AS (
    UPDATE sch_chameleon.t_discarded_rows SET t_source_schema = $4, t_source_table = $5
    WHERE i_id_source = $1 AND t_source_schema = $2 AND t_source_table = $3
), conversions AS (
    UPDATE sch_chameleon.t_conversions SET t_source_schema = $4, t_source_table = $5
    WHERE i_id_source = $1 AND t_source_schema = $2 AND t_source_table = $3
)
UPDATE sch_chameleon.t_replica_tables
SET t_source_schema = $4, t_source_table = $5, v_schema_name = $6, v_table_name = $7
WHERE i_id_source = $1 AND t_source_schema = $2 AND t_source_table = $3;
