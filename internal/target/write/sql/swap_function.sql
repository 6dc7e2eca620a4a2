-- What makes a function of the user's as it was.
with function as (
    select p.oid, p.proowner, p.proacl, case p.prokind when 'p' then 'procedure' else 'function' end as kind,
        p.oid::regprocedure::text as name
    from pg_proc as p where p.oid = $1::oid
)
select 1, pg_get_functiondef(oid) from function
union all
select 6, format('comment on %s %s is %L', kind, name, d.description)
    from function as f join pg_description as d on d.classoid = 'pg_proc'::regclass and d.objoid = f.oid
union all
select 7, format('revoke all on %s %s from public', kind, name) from function where proacl is not null
union all
select 8, format('grant %s on %s %s to %s%s', a.privilege_type, f.kind, f.name, case a.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(a.grantee)) end,
        case when a.is_grantable then ' with grant option' else '' end)
    from function as f cross join lateral aclexplode(f.proacl) as a where a.grantee <> f.proowner
union all
select 9, format('alter %s %s owner to %I', kind, name, pg_get_userbyid(proowner)) from function where pg_get_userbyid(proowner) <> current_user
order by 1
