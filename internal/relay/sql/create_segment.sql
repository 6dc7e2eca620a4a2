CREATE TABLE %s (
    i_row          bigint PRIMARY KEY,
    b_more         boolean NOT NULL,
    i_transactions bigint NOT NULL,
    i_bytes        bigint NOT NULL,
    t_server       text NOT NULL,
    t_file         text NOT NULL,
    i_end          bigint NOT NULL,
    t_gtid         text NOT NULL,
    b_data         bytea NOT NULL
) WITH (autovacuum_enabled = false, toast.autovacuum_enabled = false);
