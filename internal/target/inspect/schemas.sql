SELECT g.name, n.oid IS NOT NULL, coalesce(pg_get_userbyid(n.nspowner)::text, ''), coalesce(pg_has_role(n.nspowner, 'USAGE'), false),
       coalesce(has_schema_privilege(n.oid, 'CREATE'), false), coalesce(has_schema_privilege(n.oid, 'USAGE'), false)
FROM unnest($1::text[]) WITH ORDINALITY AS g (name, place)
LEFT JOIN pg_catalog.pg_namespace AS n ON n.nspname = g.name
ORDER BY g.place;
