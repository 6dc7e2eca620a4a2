SELECT b.i_id_batch, coalesce(b.t_binlog_name, ''), coalesce(b.i_binlog_position, 0), coalesce(to_jsonb(b) ->> 't_gtid_set', ''), b.b_processed, b.b_replayed,
       coalesce((SELECT cardinality(e.i_id_event) FROM sch_chameleon.t_batch_events AS e WHERE e.i_id_batch = b.i_id_batch), -1)
FROM sch_chameleon.t_replica_batch AS b
WHERE b.i_id_source = $1
  AND (NOT b.b_replayed OR b.i_id_batch = (SELECT max(n.i_id_batch) FROM sch_chameleon.t_replica_batch AS n WHERE n.i_id_source = $1))
ORDER BY b.ts_created, b.i_id_batch;
