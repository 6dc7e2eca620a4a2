WITH given AS (
    SELECT g.*, row_number() OVER (PARTITION BY t_source_schema, t_source_table, t_source_column, t_rule ORDER BY i_at) AS i_nth
    FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[])
         WITH ORDINALITY AS g (t_source_schema, t_source_table, v_schema_name, v_table_name, t_source_column, t_rule, t_row_key, t_row_data, i_at)
), kept AS (
    INSERT INTO sch_chameleon.t_discarded_rows (i_id_source, t_source_schema, t_source_table, v_schema_name, v_table_name, t_stage, t_position,
        t_reason, t_row_data, t_source_column, t_rule, t_row_key)
    SELECT $1, g.t_source_schema, g.t_source_table, g.v_schema_name, g.v_table_name, $10, $11,
        'the original of a value that the rule "' || g.t_rule || '" changed', g.t_row_data, g.t_source_column, g.t_rule, g.t_row_key
    FROM given AS g
    JOIN sch_chameleon.t_conversions AS c
      ON c.i_id_source = $1 AND (c.t_source_schema, c.t_source_table, c.t_source_column, c.t_rule) = (g.t_source_schema, g.t_source_table, g.t_source_column, g.t_rule)
    WHERE $12::bigint < 0 OR c.i_originals + g.i_nth <= $12
    ORDER BY g.i_at
    RETURNING t_source_schema, t_source_table, t_source_column, t_rule
), counted AS (
    SELECT t_source_schema, t_source_table, t_source_column, t_rule, count(*) AS i_kept FROM kept GROUP BY 1, 2, 3, 4
), noted AS (
    UPDATE sch_chameleon.t_conversions AS c SET i_originals = c.i_originals + k.i_kept
    FROM counted AS k
    WHERE c.i_id_source = $1 AND (c.t_source_schema, c.t_source_table, c.t_source_column, c.t_rule) = (k.t_source_schema, k.t_source_table, k.t_source_column, k.t_rule)
)
SELECT g.t_source_schema, g.t_source_table, g.t_source_column, g.t_rule
FROM given AS g LEFT JOIN counted AS k USING (t_source_schema, t_source_table, t_source_column, t_rule)
GROUP BY 1, 2, 3, 4
HAVING count(*) > max(coalesce(k.i_kept, 0));
