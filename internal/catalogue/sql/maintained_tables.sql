SELECT format('%I.%I', n.nspname, c.relname), n.nspname || '.' || c.relname, pg_total_relation_size(c.oid)
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'm') AND pg_has_role(c.relowner, 'USAGE')
  AND (n.nspname = 'sch_chameleon' AND c.relkind = 'r'
       OR EXISTS (SELECT FROM sch_chameleon.t_replica_tables AS t
                  WHERE t.i_id_source = $1 AND t.v_schema_name = n.nspname AND t.v_table_name = c.relname AND c.relkind IN ('r', 'p')))
ORDER BY n.nspname = 'sch_chameleon', n.nspname COLLATE "C", c.relname COLLATE "C";
