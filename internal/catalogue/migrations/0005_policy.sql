-- Statements that a policy holds, with all that is needed to carry them out later: their
-- tables stand in PostgreSQL as they were at the position.
CREATE TABLE sch_chameleon.t_held_statements (
    i_id_held     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    i_id_source   bigint NOT NULL REFERENCES sch_chameleon.t_sources ON DELETE CASCADE,
    t_class       text NOT NULL,
    t_statement   text NOT NULL,
    b_event       bytea NOT NULL,
    jsb_tracked   jsonb NOT NULL,
    jsb_databases jsonb NOT NULL,
    t_position    text NOT NULL,
    t_transaction text NOT NULL,
    ts_statement  timestamptz,
    ts_held       timestamptz NOT NULL DEFAULT now(),
    t_state       text NOT NULL DEFAULT 'held' CHECK (t_state IN ('held', 'applied', 'skipped')),
    ts_decided    timestamptz,
    t_decided_by  text NOT NULL DEFAULT ''
);
CREATE INDEX idx_held_statements_source ON sch_chameleon.t_held_statements (i_id_source, i_id_held);
COMMENT ON COLUMN sch_chameleon.t_held_statements.t_statement IS 'for people: without its literals where columns are masked';
COMMENT ON COLUMN sch_chameleon.t_held_statements.b_event IS 'the statement with its session''s state; encrypted where columns are masked';
COMMENT ON COLUMN sch_chameleon.t_held_statements.jsb_tracked IS 'the source''s tables as of the position: those that wait, and the parents whose changes cascade to them';
COMMENT ON COLUMN sch_chameleon.t_held_statements.jsb_databases IS 'default collations of the source''s databases as of the position';
COMMENT ON COLUMN sch_chameleon.t_held_statements.t_position IS 'all transactions of the source before it are in the tables that wait, none after it';

CREATE TABLE sch_chameleon.t_held_tables (
    i_id_held       bigint NOT NULL REFERENCES sch_chameleon.t_held_statements ON DELETE CASCADE,
    t_source_schema text NOT NULL,
    t_source_table  text NOT NULL,
    b_exact         boolean NOT NULL,
    PRIMARY KEY (i_id_held, t_source_schema, t_source_table)
);
COMMENT ON COLUMN sch_chameleon.t_held_tables.b_exact IS 'the table has just what the source had at the position; one that was catching up may have more';

-- Tables that a policy leaves in PostgreSQL as they were: what comes under their names must
-- not take their places. One that is excluded at another position by now is none of them.
CREATE TABLE sch_chameleon.t_kept_tables (
    i_id_source     bigint NOT NULL REFERENCES sch_chameleon.t_sources ON DELETE CASCADE,
    t_source_schema text NOT NULL,
    t_source_table  text NOT NULL,
    t_position      text NOT NULL,
    PRIMARY KEY (i_id_source, t_source_schema, t_source_table)
);

-- Transactions of the source that somebody wants passed over, and those that were.
CREATE TABLE sch_chameleon.t_skips (
    i_id_skip     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    i_id_source   bigint NOT NULL REFERENCES sch_chameleon.t_sources ON DELETE CASCADE,
    t_gtid        text NOT NULL DEFAULT '',
    t_server      text NOT NULL DEFAULT '',
    t_file        text NOT NULL DEFAULT '',
    i_offset      bigint NOT NULL DEFAULT 0,
    t_reason      text NOT NULL DEFAULT '',
    t_asked_by    text NOT NULL,
    ts_asked      timestamptz NOT NULL DEFAULT now(),
    ts_skipped    timestamptz,
    t_transaction text NOT NULL DEFAULT '',
    i_events      bigint NOT NULL DEFAULT 0,
    t_tables      text[] NOT NULL DEFAULT '{}',
    t_statement   text NOT NULL DEFAULT '',
    CHECK ((t_gtid = '') <> (t_file = ''))
);
CREATE INDEX idx_skips_waiting ON sch_chameleon.t_skips (i_id_source) WHERE ts_skipped IS NULL;
COMMENT ON COLUMN sch_chameleon.t_skips.t_server IS 'whose binary log the file is of, as positions have it';
COMMENT ON COLUMN sch_chameleon.t_skips.t_asked_by IS 'role in this database, user and machine of the command';
COMMENT ON COLUMN sch_chameleon.t_skips.ts_skipped IS 'when it was passed over; NULL: not yet';
COMMENT ON COLUMN sch_chameleon.t_skips.t_transaction IS 'what was passed over';
