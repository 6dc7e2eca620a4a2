SELECT current_setting('server_version_num')::int, current_setting('server_version'), current_database(), current_user::text,
       (SELECT pg_encoding_to_char(encoding) FROM pg_catalog.pg_database WHERE datname = current_database()),
       pg_is_in_recovery() OR current_setting('default_transaction_read_only')::boolean,
       (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user),
       has_database_privilege(current_database(), 'CREATE'),
       has_database_privilege(current_database(), 'TEMPORARY'),
       coalesce((SELECT jsonb_object_agg(e.extname, n.nspname)
                 FROM pg_catalog.pg_extension AS e JOIN pg_catalog.pg_namespace AS n ON n.oid = e.extnamespace), '{}'),
       (SELECT coalesce(array_agg(s), '{}') FROM unnest(current_schemas(true)) AS s)::text[];
