-- Names are pg_chameleon's where they still mean the same.

CREATE TYPE sch_chameleon.en_src_status AS ENUM
    ('ready', 'initialising', 'initialised', 'syncing', 'synced', 'stopped', 'running', 'error');
CREATE TYPE sch_chameleon.en_src_type AS ENUM ('mysql', 'pgsql');
CREATE TYPE sch_chameleon.en_table_state AS ENUM
    ('copying', 'loaded', 'catching_up', 'replicating', 'excluded', 'failed');

CREATE TABLE sch_chameleon.t_sources (
    i_id_source         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    t_source            text NOT NULL UNIQUE,
    jsb_schema_mappings jsonb NOT NULL,
    enm_status          sch_chameleon.en_src_status NOT NULL DEFAULT 'ready',
    enm_source_type     sch_chameleon.en_src_type NOT NULL DEFAULT 'mysql',
    b_paused            boolean NOT NULL DEFAULT false,
    b_maintenance       boolean NOT NULL DEFAULT false,
    ts_last_maintenance timestamptz,
    t_host              text,
    i_pid               bigint,
    ts_led              timestamptz,
    ts_added            timestamptz NOT NULL DEFAULT now()
);
COMMENT ON COLUMN sch_chameleon.t_sources.t_host IS 'machine of the process that follows the source, or last did';
COMMENT ON COLUMN sch_chameleon.t_sources.i_pid IS 'its process id';

-- What has been applied: written once by each apply transaction. No index but
-- the primary key and much free room in its page keep that write cheap.
CREATE TABLE sch_chameleon.t_last_replayed (
    i_id_source      bigint PRIMARY KEY REFERENCES sch_chameleon.t_sources ON DELETE CASCADE,
    i_epoch          bigint NOT NULL DEFAULT 0,
    t_position       text NOT NULL DEFAULT '',
    ts_last_replayed timestamptz,
    ts_applied       timestamptz,
    i_transactions   bigint NOT NULL DEFAULT 0,
    i_inserted       bigint NOT NULL DEFAULT 0,
    i_updated        bigint NOT NULL DEFAULT 0,
    i_deleted        bigint NOT NULL DEFAULT 0,
    i_missing        bigint NOT NULL DEFAULT 0,
    i_ddl            bigint NOT NULL DEFAULT 0,
    i_skipped        bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 10);
COMMENT ON COLUMN sch_chameleon.t_last_replayed.i_epoch IS 'number of the present lease: a process with an older one cannot commit';
COMMENT ON COLUMN sch_chameleon.t_last_replayed.t_position IS 'all transactions of the source before it are in this database';
COMMENT ON COLUMN sch_chameleon.t_last_replayed.ts_last_replayed IS 'when the source committed the last of them, by its clock';
COMMENT ON COLUMN sch_chameleon.t_last_replayed.i_missing IS 'updated or deleted rows that were not there';

-- What has been read: written about once a second, apart from the row above so
-- that neither ever waits for the other.
CREATE TABLE sch_chameleon.t_last_received (
    i_id_source      bigint PRIMARY KEY REFERENCES sch_chameleon.t_sources ON DELETE CASCADE,
    t_position       text NOT NULL DEFAULT '',
    ts_last_received timestamptz,
    b_current        boolean NOT NULL DEFAULT false,
    t_note           text NOT NULL DEFAULT '',
    ts_beat          timestamptz
) WITH (fillfactor = 10);
COMMENT ON COLUMN sch_chameleon.t_last_received.b_current IS 'the reader had all that the source had';
COMMENT ON COLUMN sch_chameleon.t_last_received.t_note IS 'what the process is about, such as waiting for a server to come back';

CREATE TABLE sch_chameleon.t_replica_tables (
    i_id_table        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    i_id_source       bigint NOT NULL REFERENCES sch_chameleon.t_sources ON DELETE CASCADE,
    t_source_schema   text NOT NULL,
    t_source_table    text NOT NULL,
    v_schema_name     text NOT NULL,
    v_table_name      text NOT NULL,
    v_table_pkey      text[] NOT NULL DEFAULT '{}',
    enm_state         sch_chameleon.en_table_state NOT NULL,
    b_replica_enabled boolean GENERATED ALWAYS AS (enm_state NOT IN ('excluded', 'failed')) STORED,
    b_created         boolean NOT NULL DEFAULT false,
    jsb_definition    jsonb,
    t_low_mark        text NOT NULL DEFAULT '',
    t_high_mark       text NOT NULL DEFAULT '',
    t_pending_keys    text[] NOT NULL DEFAULT '{}',
    t_reason          text NOT NULL DEFAULT '',
    t_excluded_at     text NOT NULL DEFAULT '',
    ts_state          timestamptz NOT NULL DEFAULT now(),
    i_estimated_rows  bigint NOT NULL DEFAULT 0,
    i_estimated_bytes bigint NOT NULL DEFAULT 0,
    i_copied_rows     bigint NOT NULL DEFAULT 0,
    i_copied_bytes    bigint NOT NULL DEFAULT 0,
    i_discarded_rows  bigint NOT NULL DEFAULT 0,
    UNIQUE (i_id_source, t_source_schema, t_source_table)
);
COMMENT ON COLUMN sch_chameleon.t_replica_tables.b_created IS 'this program made the table, so it may replace it';
COMMENT ON COLUMN sch_chameleon.t_replica_tables.jsb_definition IS 'the source table with which its copy began';
COMMENT ON COLUMN sch_chameleon.t_replica_tables.t_low_mark IS 'position before the first chunk of the copy';
COMMENT ON COLUMN sch_chameleon.t_replica_tables.t_high_mark IS 'position after the last chunk';
COMMENT ON COLUMN sch_chameleon.t_replica_tables.t_pending_keys IS 'unique keys that are built once the high mark is reached';

-- Finished chunks of copies that are under way.
CREATE TABLE sch_chameleon.t_chunks (
    i_id_table  bigint NOT NULL REFERENCES sch_chameleon.t_replica_tables ON DELETE CASCADE,
    i_chunk     bigint NOT NULL,
    b_lower     bytea,
    b_upper     bytea,
    i_rows      bigint NOT NULL,
    i_bytes     bigint NOT NULL,
    i_discarded bigint NOT NULL DEFAULT 0,
    ts_copied   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (i_id_table, i_chunk)
);

-- The tracked schema: the source's tables as of the applied position.
CREATE TABLE sch_chameleon.t_definitions (
    i_id_source     bigint NOT NULL REFERENCES sch_chameleon.t_sources ON DELETE CASCADE,
    t_source_schema text NOT NULL,
    t_source_table  text NOT NULL,
    jsb_definition  jsonb NOT NULL,
    PRIMARY KEY (i_id_source, t_source_schema, t_source_table)
);

CREATE TABLE sch_chameleon.t_error_log (
    i_id_log        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    i_id_source     bigint REFERENCES sch_chameleon.t_sources ON DELETE CASCADE,
    t_source_schema text NOT NULL DEFAULT '',
    t_source_table  text NOT NULL DEFAULT '',
    v_schema_name   text NOT NULL DEFAULT '',
    v_table_name    text NOT NULL DEFAULT '',
    t_position      text NOT NULL DEFAULT '',
    t_sql           text NOT NULL DEFAULT '',
    t_error_message text NOT NULL,
    ts_error        timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX idx_error_log_source ON sch_chameleon.t_error_log (i_id_source, i_id_log);

CREATE TABLE sch_chameleon.t_discarded_rows (
    i_id_row        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    i_id_source     bigint NOT NULL REFERENCES sch_chameleon.t_sources ON DELETE CASCADE,
    t_source_schema text NOT NULL,
    t_source_table  text NOT NULL,
    v_schema_name   text NOT NULL,
    v_table_name    text NOT NULL,
    t_stage         text NOT NULL,
    t_position      text NOT NULL DEFAULT '',
    t_reason        text NOT NULL,
    t_row_data      text NOT NULL,
    ts_discard      timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX idx_discarded_rows_table ON sch_chameleon.t_discarded_rows (i_id_source, t_source_schema, t_source_table);
COMMENT ON COLUMN sch_chameleon.t_discarded_rows.t_row_data IS
    'the row as a line of COPY text; bytes that are no text are written \xHH, which COPY reads';

-- How often a stated rule changed a value that PostgreSQL cannot hold.
CREATE TABLE sch_chameleon.t_conversions (
    i_id_source     bigint NOT NULL REFERENCES sch_chameleon.t_sources ON DELETE CASCADE,
    t_source_schema text NOT NULL,
    t_source_table  text NOT NULL,
    t_source_column text NOT NULL,
    t_rule          text NOT NULL,
    i_count         bigint NOT NULL,
    PRIMARY KEY (i_id_source, t_source_schema, t_source_table, t_source_column, t_rule)
) WITH (fillfactor = 70);

-- Row events of XA transactions that are prepared and not yet committed.
CREATE TABLE sch_chameleon.t_xa_prepared (
    i_id_source bigint NOT NULL REFERENCES sch_chameleon.t_sources ON DELETE CASCADE,
    t_xid       text NOT NULL,
    i_piece     bigint NOT NULL,
    t_position  text NOT NULL,
    b_events    bytea NOT NULL,
    ts_prepared timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (i_id_source, t_xid, i_piece)
);

CREATE VIEW sch_chameleon.v_version AS
SELECT max(i_version) AS i_version, max(i_version)::text AS t_version FROM sch_chameleon.t_migrations;

-- The positions in columns that people read.
CREATE VIEW sch_chameleon.v_sources AS
SELECT s.i_id_source, s.t_source, s.enm_status, s.enm_source_type,
       a.p ->> 'file' AS t_binlog_name, (a.p ->> 'offset')::bigint AS i_binlog_position, a.p ->> 'gtids' AS t_gtid_set,
       l.ts_last_replayed, l.ts_applied,
       r.p ->> 'file' AS t_read_binlog_name, (r.p ->> 'offset')::bigint AS i_read_binlog_position, r.p ->> 'gtids' AS t_read_gtid_set,
       h.ts_last_received, h.ts_beat, h.t_note,
       NOT EXISTS (SELECT FROM sch_chameleon.t_replica_tables AS t
                   WHERE t.i_id_source = s.i_id_source AND t.enm_state IN ('copying', 'loaded', 'catching_up')) AS b_consistent
FROM sch_chameleon.t_sources AS s
JOIN sch_chameleon.t_last_replayed AS l USING (i_id_source)
JOIN sch_chameleon.t_last_received AS h USING (i_id_source)
CROSS JOIN LATERAL (SELECT nullif(l.t_position, '')::jsonb AS p) AS a
CROSS JOIN LATERAL (SELECT nullif(h.t_position, '')::jsonb AS p) AS r;
