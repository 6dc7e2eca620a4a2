INSERT INTO sch_chameleon.t_shadows (i_id_source, t_source_schema, t_source_table, jsb_shadow, b_spared)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (i_id_source, t_source_schema, t_source_table)
DO UPDATE SET jsb_shadow = excluded.jsb_shadow, b_spared = t_shadows.b_spared OR excluded.b_spared;
