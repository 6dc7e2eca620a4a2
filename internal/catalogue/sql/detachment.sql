SELECT i_id_detachment, t_source, t_position, t_compared, ts_begun, ts_detached
FROM sch_chameleon.t_detachments
WHERE t_source = $1
ORDER BY i_id_detachment DESC
LIMIT 1;
