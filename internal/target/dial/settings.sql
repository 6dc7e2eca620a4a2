SELECT set_config(s.name, v.value, false)
FROM (VALUES
        ('timezone', 'UTC'),
        ('datestyle', 'ISO, YMD'),
        ('intervalstyle', 'postgres'),
        ('bytea_output', 'hex'),
        ('standard_conforming_strings', 'on'),
        ('extra_float_digits', '3'),
        ('transaction_timeout', '0'),
        ('lock_timeout', '0'),
        ('idle_in_transaction_session_timeout', '0'),
        ('idle_session_timeout', '0'),
        ('tcp_keepalives_idle', '10'),
        ('tcp_keepalives_interval', '5'),
        ('tcp_keepalives_count', '3'),
        ('default_transaction_isolation', 'read committed'),
        ('default_transaction_deferrable', 'off'),
        ('default_toast_compression', 'lz4') -- unless somebody has decided, or the server has none
    ) AS v (name, value)
JOIN pg_catalog.pg_settings AS s ON lower(s.name) = v.name
WHERE v.name <> 'default_toast_compression' OR s.source = 'default' AND v.value = ANY (s.enumvals);
