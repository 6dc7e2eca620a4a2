-- The catalogue of pg_chameleon 2.0.10, as far as it says anything of a replica: its tables with their columns and keys.
CREATE SCHEMA sch_chameleon;
CREATE VIEW sch_chameleon.v_version AS SELECT '2.0.10'::text AS t_version;
CREATE TYPE sch_chameleon.en_src_status AS ENUM ('ready', 'initialising', 'initialised', 'syncing', 'synced', 'stopped', 'running', 'error');
CREATE TYPE sch_chameleon.en_binlog_event AS ENUM ('delete', 'update', 'insert', 'ddl');
CREATE TYPE sch_chameleon.en_src_type AS ENUM ('mysql', 'pgsql');
CREATE TABLE sch_chameleon.t_sources (
    i_id_source bigserial PRIMARY KEY, t_source text NOT NULL UNIQUE, jsb_schema_mappings jsonb NOT NULL,
    enm_status sch_chameleon.en_src_status NOT NULL DEFAULT 'ready', t_binlog_name text, i_binlog_position bigint,
    b_consistent boolean NOT NULL DEFAULT true, b_paused boolean NOT NULL DEFAULT false, b_maintenance boolean NOT NULL DEFAULT false,
    ts_last_maintenance timestamp, enm_source_type sch_chameleon.en_src_type NOT NULL, v_log_table varchar[]);
CREATE TABLE sch_chameleon.t_last_received (i_id_source bigint PRIMARY KEY REFERENCES sch_chameleon.t_sources ON DELETE CASCADE,
    b_paused boolean NOT NULL DEFAULT false, ts_last_received timestamp);
CREATE TABLE sch_chameleon.t_last_replayed (i_id_source bigint PRIMARY KEY REFERENCES sch_chameleon.t_sources ON DELETE CASCADE,
    b_paused boolean NOT NULL DEFAULT false, ts_last_replayed timestamp);
CREATE TABLE sch_chameleon.t_replica_batch (
    i_id_batch bigserial PRIMARY KEY, i_id_source bigint NOT NULL REFERENCES sch_chameleon.t_sources ON DELETE CASCADE,
    t_binlog_name text, v_log_table varchar NOT NULL DEFAULT 't_log_replica', i_binlog_position bigint, t_gtid_set text,
    b_started boolean NOT NULL DEFAULT false, b_processed boolean NOT NULL DEFAULT false, b_replayed boolean NOT NULL DEFAULT false,
    ts_created timestamp NOT NULL DEFAULT clock_timestamp(), ts_processed timestamp, ts_replayed timestamp,
    i_replayed bigint, i_skipped bigint, i_ddl bigint, UNIQUE (i_id_source, t_binlog_name, i_binlog_position));
CREATE TABLE sch_chameleon.t_log_replica (
    i_id_event bigserial PRIMARY KEY, i_id_batch bigint NOT NULL REFERENCES sch_chameleon.t_replica_batch ON DELETE CASCADE,
    v_table_name varchar(64) NOT NULL, v_schema_name varchar(64) NOT NULL, enm_binlog_event sch_chameleon.en_binlog_event NOT NULL,
    t_binlog_name text, i_binlog_position bigint, ts_event_datetime timestamp NOT NULL DEFAULT clock_timestamp(),
    jsb_event_after jsonb, jsb_event_before jsonb, t_query text, i_my_event_time bigint);
CREATE TABLE sch_chameleon.t_batch_events (i_id_batch bigint PRIMARY KEY REFERENCES sch_chameleon.t_replica_batch ON DELETE CASCADE, i_id_event bigint[] NOT NULL);
CREATE TABLE sch_chameleon.t_replica_tables (
    i_id_table bigserial PRIMARY KEY, i_id_source bigint NOT NULL REFERENCES sch_chameleon.t_sources ON DELETE CASCADE,
    v_table_name varchar(64) NOT NULL, v_schema_name varchar(64) NOT NULL, v_table_pkey varchar(64)[] NOT NULL,
    t_binlog_name text, i_binlog_position bigint, b_replica_enabled boolean NOT NULL DEFAULT true, UNIQUE (i_id_source, v_table_name, v_schema_name));
CREATE TABLE sch_chameleon.t_error_log (
    i_id_log bigserial PRIMARY KEY, i_id_batch bigint NOT NULL, i_id_source bigint NOT NULL, v_table_name varchar(64) NOT NULL,
    v_schema_name varchar(64) NOT NULL, t_table_pkey text NOT NULL, t_binlog_name text NOT NULL, i_binlog_position bigint NOT NULL,
    ts_error timestamp, t_sql text, t_error_message text);
CREATE TABLE sch_chameleon.t_discarded_rows (
    i_id_row bigserial PRIMARY KEY, i_id_batch bigint NOT NULL, ts_discard timestamptz NOT NULL DEFAULT clock_timestamp(),
    v_table_name varchar(64) NOT NULL, v_schema_name varchar(64) NOT NULL, t_row_data text);
