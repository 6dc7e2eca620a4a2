-- What makes a relation of the user's as it was: statements in their order,
-- written under an empty search_path. The first column is a rank.
with relation as (
    select c.oid, c.relkind, c.relowner, c.relacl, c.reloptions, c.relispopulated, c.oid::regclass::text as name,
        case c.relkind when 'v' then 'view' when 'm' then 'materialized view' else 'table' end as kind
    from pg_class as c where c.oid = $1::oid
)
select 1, format('create %s %s%s as %s%s', kind, name,
        case when reloptions is not null then ' with (' || array_to_string(reloptions, ', ') || ')' else '' end,
        rtrim(pg_get_viewdef(oid), E'; \n'), case when relkind = 'm' and not relispopulated then ' with no data' else '' end)
    from relation where relkind in ('v', 'm')
union all
select 2, format('alter %s %s alter column %I set default %s', r.kind, r.name, a.attname, pg_get_expr(d.adbin, d.adrelid))
    from relation as r join pg_attrdef as d on d.adrelid = r.oid join pg_attribute as a on a.attrelid = r.oid and a.attnum = d.adnum
    where r.relkind = 'v'
union all
select 3, pg_get_indexdef(i.indexrelid) from relation as r join pg_index as i on i.indrelid = r.oid where r.relkind = 'm'
union all
select 4, pg_get_ruledef(w.oid) from relation as r join pg_rewrite as w on w.ev_class = r.oid where w.rulename <> '_RETURN'
union all
select 5, pg_get_triggerdef(g.oid) from relation as r join pg_trigger as g on g.tgrelid = r.oid where not g.tgisinternal
union all
select 6, format('comment on %s %s is %L', r.kind, r.name, d.description)
    from relation as r join pg_description as d on d.classoid = 'pg_class'::regclass and d.objoid = r.oid and d.objsubid = 0 where r.relkind in ('v', 'm')
union all
select 6, format('comment on column %s.%I is %L', r.name, a.attname, d.description)
    from relation as r join pg_description as d on d.classoid = 'pg_class'::regclass and d.objoid = r.oid
    join pg_attribute as a on a.attrelid = r.oid and a.attnum = d.objsubid where r.relkind in ('v', 'm')
union all
select 7, format('grant %s on %s to %s%s', a.privilege_type, r.name, case a.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(a.grantee)) end,
        case when a.is_grantable then ' with grant option' else '' end)
    from relation as r cross join lateral aclexplode(r.relacl) as a where a.grantee <> r.relowner
union all
select 7, format('grant %s (%I) on %s to %s%s', a.privilege_type, c.attname, r.name, case a.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(a.grantee)) end,
        case when a.is_grantable then ' with grant option' else '' end)
    from relation as r join pg_attribute as c on c.attrelid = r.oid cross join lateral aclexplode(c.attacl) as a
    where not c.attisdropped and a.grantee <> r.relowner and r.relkind in ('v', 'm')
union all
select 8, format('alter %s %s owner to %I', r.kind, r.name, pg_get_userbyid(r.relowner))
    from relation as r where pg_get_userbyid(r.relowner) <> current_user
order by 1
