WITH source AS (
    INSERT INTO sch_chameleon.t_sources (t_source, enm_source_type, jsb_schema_mappings)
    VALUES ($1, $2::text::sch_chameleon.en_src_type, $3)
    RETURNING i_id_source
), received AS (
    INSERT INTO sch_chameleon.t_last_received (i_id_source) SELECT i_id_source FROM source
)
INSERT INTO sch_chameleon.t_last_replayed (i_id_source) SELECT i_id_source FROM source;
