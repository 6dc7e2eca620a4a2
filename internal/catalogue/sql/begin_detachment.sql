WITH source AS (
    UPDATE sch_chameleon.t_sources AS s SET enm_status = 'detaching'
    FROM sch_chameleon.t_last_replayed AS l
    WHERE s.i_id_source = $1 AND l.i_id_source = s.i_id_source AND l.i_epoch = $2
    RETURNING s.t_source, s.jsb_schema_mappings, l.t_position
)
INSERT INTO sch_chameleon.t_detachments (t_source, jsb_schemas, t_position, t_compared, t_begun_by)
SELECT t_source, jsb_schema_mappings, t_position, $3, $4 FROM source
RETURNING i_id_detachment;
