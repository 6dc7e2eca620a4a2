-- Sources that were detached: their replicas have become databases that stand by themselves.
-- The record stays when the source is gone from t_sources.
CREATE TABLE sch_chameleon.t_detachments (
    i_id_detachment bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    t_source        text NOT NULL,
    jsb_schemas     jsonb NOT NULL,
    t_position      text NOT NULL,
    t_compared      text NOT NULL DEFAULT '',
    t_begun_by      text NOT NULL DEFAULT '',
    ts_begun        timestamptz NOT NULL DEFAULT now(),
    ts_detached     timestamptz
);
COMMENT ON COLUMN sch_chameleon.t_detachments.t_position IS 'all transactions of the source before it are in the tables, none after it';
COMMENT ON COLUMN sch_chameleon.t_detachments.t_compared IS 'what came of comparing both sides, in words';
COMMENT ON COLUMN sch_chameleon.t_detachments.ts_detached IS 'when the source was forgotten; NULL: the steps were not gone through yet';
CREATE INDEX idx_detachments_source ON sch_chameleon.t_detachments (t_source, i_id_detachment);

-- What makes the tables stand by themselves, one after the other.
CREATE TABLE sch_chameleon.t_detach_steps (
    i_id_detachment bigint NOT NULL REFERENCES sch_chameleon.t_detachments ON DELETE CASCADE,
    i_step          integer NOT NULL,
    t_kind          text NOT NULL,
    t_object        text NOT NULL,
    t_statements    text[] NOT NULL DEFAULT '{}',
    t_violations    text NOT NULL DEFAULT '',
    b_first         boolean NOT NULL DEFAULT false,
    i_needs         integer NOT NULL DEFAULT 0,
    t_state         text NOT NULL DEFAULT 'waiting' CHECK (t_state IN ('waiting', 'done', 'failed', 'left_out')),
    t_note          text NOT NULL DEFAULT '',
    ts_done         timestamptz,
    PRIMARY KEY (i_id_detachment, i_step)
);
COMMENT ON COLUMN sch_chameleon.t_detach_steps.t_violations IS 'counts the rows for which the statements cannot hold; empty: nothing can be counted';
COMMENT ON COLUMN sch_chameleon.t_detach_steps.b_first IS 'those rows are counted first, and the statements run only if there are none';
COMMENT ON COLUMN sch_chameleon.t_detach_steps.i_needs IS 'the step that must have been done before; 0: none';

ALTER TYPE sch_chameleon.en_src_status ADD VALUE 'detaching';
