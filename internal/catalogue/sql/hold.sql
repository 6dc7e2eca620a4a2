WITH held AS (
    INSERT INTO sch_chameleon.t_held_statements (i_id_source, t_class, t_statement, b_event, jsb_tracked, jsb_databases, t_position, t_transaction, ts_statement)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
    RETURNING i_id_held
)
INSERT INTO sch_chameleon.t_held_tables (i_id_held, t_source_schema, t_source_table, b_exact)
SELECT h.i_id_held, n.t_source_schema, n.t_source_table, $12 AND coalesce(t.enm_state = 'replicating' OR $13, true)
FROM held AS h CROSS JOIN unnest($10::text[], $11::text[]) AS n (t_source_schema, t_source_table)
LEFT JOIN sch_chameleon.t_replica_tables AS t
    ON t.i_id_source = $1 AND t.t_source_schema = n.t_source_schema AND t.t_source_table = n.t_source_table
RETURNING i_id_held;
