UPDATE sch_chameleon.t_shadows
SET b_spared = true, i_rows = i_rows + $4, n_digest = n_digest + $5::text::numeric, t_refused = CASE WHEN t_refused = '' THEN $6 ELSE t_refused END
WHERE i_id_source = $1 AND t_source_schema = $2 AND t_source_table = $3;
