-- The relay in PostgreSQL: a log of what was read of the source and may not have been
-- replayed. Its segments are tables of their own, t_relay_<source>_<segment>, which are
-- dropped whole.
CREATE TABLE sch_chameleon.t_relays (
    i_id_source bigint PRIMARY KEY REFERENCES sch_chameleon.t_sources ON DELETE CASCADE,
    i_epoch     bigint NOT NULL,
    t_position  text NOT NULL,
    i_row       bigint NOT NULL,
    i_first     bigint NOT NULL,
    t_keeps     text NOT NULL
) WITH (fillfactor = 10);
COMMENT ON COLUMN sch_chameleon.t_relays.i_epoch IS 'number of the lease under which the log is written';
COMMENT ON COLUMN sch_chameleon.t_relays.t_position IS 'all transactions of the source before it that are not replayed are in the log';
COMMENT ON COLUMN sch_chameleon.t_relays.i_row IS 'the last row of the log that belongs to that position; those behind it are of a transaction that was not read to its end';
COMMENT ON COLUMN sch_chameleon.t_relays.i_first IS 'the first segment of the log; those before it are to be dropped';
COMMENT ON COLUMN sch_chameleon.t_relays.t_keeps IS 'of which tables the log has the rows';

CREATE TABLE sch_chameleon.t_relay_segments (
    i_id_source bigint NOT NULL REFERENCES sch_chameleon.t_sources ON DELETE CASCADE,
    i_segment   bigint NOT NULL,
    i_row       bigint NOT NULL,
    t_position  text NOT NULL,
    PRIMARY KEY (i_id_source, i_segment)
);
COMMENT ON COLUMN sch_chameleon.t_relay_segments.i_row IS 'its first row';
COMMENT ON COLUMN sch_chameleon.t_relay_segments.t_position IS 'up to where the source was read when it was begun';

ALTER TABLE sch_chameleon.t_last_received
    ADD COLUMN t_relay text NOT NULL DEFAULT '',
    ADD COLUMN i_relay_transactions bigint NOT NULL DEFAULT 0,
    ADD COLUMN i_relay_bytes bigint NOT NULL DEFAULT 0,
    ADD COLUMN i_relay_limit bigint NOT NULL DEFAULT 0,
    ADD COLUMN b_relay_full boolean NOT NULL DEFAULT false,
    ADD COLUMN b_resting boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN sch_chameleon.t_last_received.t_relay IS 'which form of the relay is in use';
COMMENT ON COLUMN sch_chameleon.t_last_received.i_relay_transactions IS 'how many wait in it';
COMMENT ON COLUMN sch_chameleon.t_last_received.i_relay_bytes IS 'what it takes, in memory or on disk';
COMMENT ON COLUMN sch_chameleon.t_last_received.b_relay_full IS 'reading waits until there is room again';
COMMENT ON COLUMN sch_chameleon.t_last_received.b_resting IS 'replay is paused, and what was in hand is done';
