-- Sources that are PostgreSQL themselves: what their copy has made, so that the next one can take its place.
CREATE TABLE sch_chameleon.t_copied_objects (
    i_id_source   bigint NOT NULL REFERENCES sch_chameleon.t_sources ON DELETE CASCADE,
    i_object      bigint NOT NULL,
    t_kind        text NOT NULL,
    v_schema_name text NOT NULL,
    v_object_name text NOT NULL,
    t_arguments   text NOT NULL DEFAULT '',
    PRIMARY KEY (i_id_source, i_object)
);
COMMENT ON TABLE sch_chameleon.t_copied_objects IS 'what the copy of a PostgreSQL source has made: tables and all else that stands in a schema by itself';
COMMENT ON COLUMN sch_chameleon.t_copied_objects.i_object IS 'in the order in which it was made';
COMMENT ON COLUMN sch_chameleon.t_copied_objects.t_arguments IS 'types of a function''s arguments';

ALTER TYPE sch_chameleon.en_table_state ADD VALUE 'copied' BEFORE 'excluded';
