-- Tables that are filled while the stream goes on for all others. The tables of one
-- refill come into the stream together.
CREATE TABLE sch_chameleon.t_refills (
    i_id_refill  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    i_id_source  bigint NOT NULL REFERENCES sch_chameleon.t_sources ON DELETE CASCADE,
    t_step       text NOT NULL DEFAULT 'waiting' CHECK (t_step IN ('waiting', 'copying', 'following')),
    i_epoch      bigint NOT NULL DEFAULT 0,
    i_round      bigint NOT NULL DEFAULT 0,
    t_position   text NOT NULL DEFAULT '',
    jsb_tracked  jsonb NOT NULL DEFAULT '[]',
    b_open_xa    boolean NOT NULL DEFAULT false,
    b_in_place   boolean NOT NULL DEFAULT false,
    b_skip       boolean NOT NULL DEFAULT false,
    i_tries      integer NOT NULL DEFAULT 0,
    ts_next      timestamptz NOT NULL DEFAULT now(),
    t_note       text NOT NULL DEFAULT '',
    ts_reached   timestamptz,
    ts_requested timestamptz NOT NULL DEFAULT now()
);
COMMENT ON COLUMN sch_chameleon.t_refills.i_epoch IS 'lease of the process that is at it: one with another lease cannot commit';
COMMENT ON COLUMN sch_chameleon.t_refills.i_round IS 'goes up when it has to begin anew: what was begun before cannot commit';
COMMENT ON COLUMN sch_chameleon.t_refills.t_position IS 'all transactions of the source before it are in the tables, as far as these are concerned';
COMMENT ON COLUMN sch_chameleon.t_refills.jsb_tracked IS 'the source''s tables as of that position, with the parents whose changes cascade to them';
COMMENT ON COLUMN sch_chameleon.t_refills.b_open_xa IS 'an XA transaction is prepared whose events are not kept: it cannot be gone on with';
COMMENT ON COLUMN sch_chameleon.t_refills.b_in_place IS 'the tables stand in their places, with the rows of the position: nothing is copied';
COMMENT ON COLUMN sch_chameleon.t_refills.b_skip IS 'statements of the first transaction are passed over';
COMMENT ON COLUMN sch_chameleon.t_refills.ts_reached IS 'when the source committed what was applied last, by its clock';

CREATE TABLE sch_chameleon.t_refill_tables (
    i_id_table     bigint PRIMARY KEY REFERENCES sch_chameleon.t_replica_tables ON DELETE CASCADE,
    i_id_refill    bigint NOT NULL REFERENCES sch_chameleon.t_refills ON DELETE CASCADE,
    t_reason       text NOT NULL,
    t_step         text NOT NULL DEFAULT '',
    jsb_definition jsonb,
    jsb_mapping    jsonb,
    t_low_mark     text NOT NULL DEFAULT '',
    t_high_mark    text NOT NULL DEFAULT '',
    t_pending_keys text[] NOT NULL DEFAULT '{}'
);
COMMENT ON COLUMN sch_chameleon.t_refill_tables.t_step IS 'how far its copy has come; empty: not begun';
CREATE INDEX idx_refill_tables_refill ON sch_chameleon.t_refill_tables (i_id_refill);
