UPDATE sch_chameleon.t_refills AS r
SET i_tries = 0, ts_next = now()
FROM sch_chameleon.t_refill_tables AS m
JOIN sch_chameleon.t_replica_tables AS t USING (i_id_table)
WHERE m.i_id_refill = r.i_id_refill AND t.i_id_source = $1 AND t.t_source_schema = $2 AND t.t_source_table = $3;
