UPDATE sch_chameleon.t_refills AS r SET i_epoch = $2
FROM sch_chameleon.t_last_replayed AS l
WHERE r.i_id_refill = $1 AND r.i_round = $3 AND l.i_id_source = r.i_id_source AND l.i_epoch = $2;
