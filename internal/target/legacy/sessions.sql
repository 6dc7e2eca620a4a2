-- Its processes name themselves; one that does not has no name at all, and has worked with the catalogue last.
SELECT a.pid::bigint, coalesce(a.usename::text, ''), a.application_name
FROM pg_catalog.pg_stat_activity AS a
WHERE a.datname = current_database() AND a.pid <> pg_backend_pid() AND a.backend_type = 'client backend'
  AND (a.application_name LIKE '[pg\_chameleon]%' OR a.application_name = '' AND a.query ~ 'sch_chameleon\.(t_|fn_|v_)')
ORDER BY a.pid;
