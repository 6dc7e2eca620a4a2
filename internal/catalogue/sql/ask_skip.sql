INSERT INTO sch_chameleon.t_skips (i_id_source, t_gtid, t_server, t_file, i_offset, t_reason, t_asked_by)
SELECT $1, $2, $3, $4, $5, $6, $7 || session_user || $8
WHERE NOT EXISTS (SELECT FROM sch_chameleon.t_skips AS s
                  WHERE s.i_id_source = $1 AND s.ts_skipped IS NULL AND s.t_gtid = $2 AND s.t_file = $4 AND s.i_offset = $5)
RETURNING i_id_skip;
