SELECT current_setting('server_version_num')::int, current_database()::text, current_setting('wal_level'),
       to_char(pg_postmaster_start_time() AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US'),
       (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database()),
       coalesce((SELECT jsonb_object_agg(extname, extversion) FROM pg_catalog.pg_extension), '{}'),
       (SELECT coalesce(array_agg(g.name), '{}') FROM unnest($1::text[]) AS g (name) WHERE to_regnamespace(quote_ident(g.name)) IS NULL),
       (SELECT coalesce(array_agg(g.name), '{}') FROM unnest($1::text[]) AS g (name)
        WHERE NOT has_schema_privilege(to_regnamespace(quote_ident(g.name))::oid, 'USAGE'))
