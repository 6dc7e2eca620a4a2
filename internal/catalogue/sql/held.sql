-- A table that was copied again, or has been excluded once more for another reason, is not at
-- the position any more: what was held of it is overtaken.
SELECT h.i_id_held, h.t_class, h.t_statement, h.b_event, h.jsb_tracked, h.jsb_databases, h.t_position, h.t_transaction, h.ts_statement, h.ts_held,
       CASE WHEN h.t_state = 'held' AND NOT bool_and(coalesce(t.enm_state = 'excluded' AND t.t_excluded_at = h.t_position, false))
            THEN 'overtaken' ELSE h.t_state END,
       h.ts_decided, h.t_decided_by,
       array_agg(n.t_source_schema ORDER BY n.t_source_schema, n.t_source_table),
       array_agg(n.t_source_table ORDER BY n.t_source_schema, n.t_source_table), bool_and(n.b_exact)
FROM sch_chameleon.t_held_statements AS h
JOIN sch_chameleon.t_held_tables AS n USING (i_id_held)
LEFT JOIN sch_chameleon.t_replica_tables AS t USING (i_id_source, t_source_schema, t_source_table)
WHERE h.i_id_source = $1
GROUP BY h.i_id_held
ORDER BY h.i_id_held;
