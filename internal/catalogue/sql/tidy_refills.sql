DELETE FROM sch_chameleon.t_refills AS r
WHERE r.i_id_source = $1 AND NOT EXISTS (SELECT FROM sch_chameleon.t_refill_tables AS m WHERE m.i_id_refill = r.i_id_refill);
