-- The history of the tracked schema: each version of a table's definition, and of a
-- database's default collation (with no table's name), with the positions between which it holds.
CREATE TABLE sch_chameleon.t_schema_versions (
    i_id_version    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    i_id_source     bigint NOT NULL REFERENCES sch_chameleon.t_sources ON DELETE CASCADE,
    t_source_schema text NOT NULL,
    t_source_table  text NOT NULL,
    jsb_definition  jsonb NOT NULL,
    t_from          text NOT NULL DEFAULT '',
    ts_from         timestamptz,
    t_statement     text NOT NULL DEFAULT '',
    t_until         text,
    ts_until        timestamptz,
    t_ended_by      text NOT NULL DEFAULT '',
    i_ended         bigint,
    ts_recorded     timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON COLUMN sch_chameleon.t_schema_versions.t_from IS 'position from which it holds; empty only within the transaction that writes it';
COMMENT ON COLUMN sch_chameleon.t_schema_versions.ts_from IS 'when the source ran the statement, by its clock; NULL where a copy made the version';
COMMENT ON COLUMN sch_chameleon.t_schema_versions.t_statement IS 'the statement that made it; empty where a copy did';
COMMENT ON COLUMN sch_chameleon.t_schema_versions.t_until IS 'position at which it ended; NULL: it holds';
COMMENT ON COLUMN sch_chameleon.t_schema_versions.t_ended_by IS 'the statement that ended it, or the reason for which the table was excluded';
COMMENT ON COLUMN sch_chameleon.t_schema_versions.i_ended IS 'the order in which versions ended: the oldest are forgotten first';
CREATE UNIQUE INDEX idx_schema_versions_present ON sch_chameleon.t_schema_versions (i_id_source, t_source_schema, t_source_table) WHERE t_until IS NULL;
CREATE INDEX idx_schema_versions_ended ON sch_chameleon.t_schema_versions (i_id_source, i_ended) WHERE i_ended IS NOT NULL;
CREATE INDEX idx_schema_versions_open ON sch_chameleon.t_schema_versions (i_id_source) WHERE t_from = '' OR t_until = '';
CREATE SEQUENCE sch_chameleon.seq_ended AS bigint OWNED BY sch_chameleon.t_schema_versions.i_ended;

ALTER TABLE sch_chameleon.t_sources ADD COLUMN t_history_from text NOT NULL DEFAULT '';
COMMENT ON COLUMN sch_chameleon.t_sources.t_history_from IS 'position from which the history of definitions is whole; empty: from the beginning of the copy';

-- What is tracked already holds since a position that was not written down.
INSERT INTO sch_chameleon.t_schema_versions (i_id_source, t_source_schema, t_source_table, jsb_definition, t_from)
SELECT d.i_id_source, d.t_source_schema, d.t_source_table, d.jsb_definition, l.t_position
FROM sch_chameleon.t_definitions AS d JOIN sch_chameleon.t_last_replayed AS l USING (i_id_source);

CREATE VIEW sch_chameleon.v_schema_history AS
SELECT s.t_source, v.t_source_schema, v.t_source_table, v.i_id_version,
       f.p ->> 'file' AS t_from_binlog_name, (f.p ->> 'offset')::bigint AS i_from_binlog_position, f.p ->> 'gtids' AS t_from_gtid_set, v.ts_from, v.t_statement,
       u.p ->> 'file' AS t_until_binlog_name, (u.p ->> 'offset')::bigint AS i_until_binlog_position, u.p ->> 'gtids' AS t_until_gtid_set, v.ts_until, v.t_ended_by,
       CASE WHEN v.t_source_table = '' THEN v.jsb_definition ->> 'collation'
            ELSE (SELECT string_agg((c ->> 'name') || ' ' || (c -> 'type' ->> 'text') || CASE WHEN (c -> 'not_null')::boolean THEN ' NOT NULL' ELSE '' END, ', ' ORDER BY n)
                  FROM jsonb_array_elements(v.jsb_definition -> 'columns') WITH ORDINALITY AS t (c, n)) END AS t_columns,
       v.jsb_definition
FROM sch_chameleon.t_schema_versions AS v
JOIN sch_chameleon.t_sources AS s USING (i_id_source)
CROSS JOIN LATERAL (SELECT nullif(v.t_from, '')::jsonb AS p) AS f
CROSS JOIN LATERAL (SELECT nullif(v.t_until, '')::jsonb AS p) AS u;
COMMENT ON COLUMN sch_chameleon.v_schema_history.t_columns IS 'the columns, or the default collation where the row is about a database';

-- The temporary tables that the source's sessions had at the applied position, which hide real ones.
CREATE TABLE sch_chameleon.t_temporary_tables (
    i_id_source bigint PRIMARY KEY REFERENCES sch_chameleon.t_sources ON DELETE CASCADE,
    jsb_tables  jsonb NOT NULL
) WITH (fillfactor = 10);
