-- Tables that tools for online schema changes fill until they take another one's place.
CREATE TABLE sch_chameleon.t_shadows (
    i_id_source     bigint NOT NULL REFERENCES sch_chameleon.t_sources ON DELETE CASCADE,
    t_source_schema text NOT NULL,
    t_source_table  text NOT NULL,
    jsb_shadow      jsonb NOT NULL,
    b_spared        boolean NOT NULL DEFAULT false,
    i_rows          bigint NOT NULL DEFAULT 0,
    n_digest        numeric NOT NULL DEFAULT 0,
    t_refused       text NOT NULL DEFAULT '',
    PRIMARY KEY (i_id_source, t_source_schema, t_source_table)
);
COMMENT ON TABLE sch_chameleon.t_shadows IS 'shadow tables of gh-ost and pt-online-schema-change';
COMMENT ON COLUMN sch_chameleon.t_shadows.b_spared IS 'its rows are not written: the table that it is of is altered in place when they change places';
COMMENT ON COLUMN sch_chameleon.t_shadows.i_rows IS 'how many rows it holds on the source, where they are not written';
COMMENT ON COLUMN sch_chameleon.t_shadows.n_digest IS 'the sum of the hashes of those rows';
COMMENT ON COLUMN sch_chameleon.t_shadows.t_refused IS 'why the digest could not be kept; empty where it could';

ALTER TYPE sch_chameleon.en_table_state ADD VALUE 'shadow' AFTER 'replicating';
