INSERT INTO sch_chameleon.t_discarded_rows (
    i_id_source, t_source_schema, t_source_table, v_schema_name, v_table_name, t_stage, t_position, t_reason, t_row_data)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9);
