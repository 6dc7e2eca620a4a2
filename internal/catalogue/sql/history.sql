CREATE SCHEMA sch_chameleon;
COMMENT ON SCHEMA sch_chameleon IS 'catalogue of the replication from MySQL; made and kept by chameleon';

CREATE TABLE sch_chameleon.t_migrations (
    i_version  integer PRIMARY KEY,
    t_name     text NOT NULL,
    ts_applied timestamptz NOT NULL DEFAULT now()
);
