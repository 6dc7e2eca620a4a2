-- The catalogue of pg_chameleon 1.8 (its version 1.7): one PostgreSQL schema for each source, tables are never taken out of the replica.
CREATE SCHEMA sch_chameleon;
CREATE VIEW sch_chameleon.v_version AS SELECT '1.7'::text AS t_version;
CREATE TYPE sch_chameleon.en_src_status AS ENUM ('ready', 'initialising', 'initialised', 'stopped', 'running', 'error');
CREATE TYPE sch_chameleon.en_binlog_event AS ENUM ('delete', 'update', 'insert', 'ddl');
CREATE TABLE sch_chameleon.t_sources (
    i_id_source bigserial PRIMARY KEY, t_source text NOT NULL UNIQUE, t_dest_schema text NOT NULL UNIQUE,
    enm_status sch_chameleon.en_src_status NOT NULL DEFAULT 'ready', ts_last_received timestamp, ts_last_replay timestamp, v_log_table varchar[]);
CREATE TABLE sch_chameleon.t_replica_batch (
    i_id_batch bigserial PRIMARY KEY, i_id_source bigint NOT NULL REFERENCES sch_chameleon.t_sources ON DELETE CASCADE,
    t_binlog_name text, i_binlog_position integer, b_started boolean NOT NULL DEFAULT false, b_processed boolean NOT NULL DEFAULT false,
    b_replayed boolean NOT NULL DEFAULT false, ts_created timestamp NOT NULL DEFAULT clock_timestamp(), ts_processed timestamp, ts_replayed timestamp,
    i_replayed bigint, i_skipped bigint, i_ddl bigint, UNIQUE (i_id_source, t_binlog_name, i_binlog_position));
CREATE TABLE sch_chameleon.t_log_replica (
    i_id_event bigserial PRIMARY KEY, i_id_batch bigint NOT NULL REFERENCES sch_chameleon.t_replica_batch ON DELETE CASCADE,
    v_table_name varchar(100) NOT NULL, v_schema_name varchar(100) NOT NULL, enm_binlog_event sch_chameleon.en_binlog_event NOT NULL,
    t_binlog_name text, i_binlog_position integer, ts_event_datetime timestamp NOT NULL DEFAULT clock_timestamp(),
    jsb_event_data jsonb, jsb_event_update jsonb, t_query text, i_my_event_time bigint);
CREATE TABLE sch_chameleon.t_batch_events (i_id_batch bigint PRIMARY KEY REFERENCES sch_chameleon.t_replica_batch ON DELETE CASCADE, i_id_event bigint[] NOT NULL);
CREATE TABLE sch_chameleon.t_replica_tables (
    i_id_table bigserial PRIMARY KEY, i_id_source bigint NOT NULL REFERENCES sch_chameleon.t_sources ON DELETE CASCADE,
    v_table_name varchar(100) NOT NULL, v_schema_name varchar(100) NOT NULL, v_table_pkey varchar(100)[] NOT NULL,
    t_binlog_name text, i_binlog_position integer, UNIQUE (i_id_source, v_table_name, v_schema_name));
CREATE TABLE sch_chameleon.t_discarded_rows (
    i_id_row bigserial PRIMARY KEY, i_id_batch bigint NOT NULL, ts_discard timestamptz NOT NULL DEFAULT clock_timestamp(), t_row_data text);
