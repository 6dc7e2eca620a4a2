WITH source AS (
    DELETE FROM sch_chameleon.t_sources AS s
    USING sch_chameleon.t_last_replayed AS l
    WHERE s.i_id_source = $1 AND l.i_id_source = s.i_id_source AND l.i_epoch = $2 AND s.enm_status = 'detaching'
    RETURNING s.i_id_source
)
UPDATE sch_chameleon.t_detachments SET ts_detached = now() WHERE i_id_detachment = $3 AND EXISTS (SELECT FROM source);
