-- Views, materialized views and functions that depend on a relation, those on
-- which nothing else depends first.
with recursive node (class, id, depth) as (
    select 'pg_class'::regclass::oid, $1::oid, 0
    union
    select x.class, x.id, n.depth + 1
    from node as n
    cross join lateral (
        select n.class as class, n.id as id
        union all
        select 'pg_type'::regclass::oid, t.oid from pg_type as t
        where n.class = 'pg_class'::regclass and (t.typrelid = n.id
            or t.typelem in (select y.oid from pg_type as y where y.typrelid = n.id) and t.typcategory = 'A')
    ) as used
    join pg_depend as d on d.refclassid = used.class and d.refobjid = used.id and d.deptype in ('n', 'a', 'i')
    left join pg_rewrite as r on d.classid = 'pg_rewrite'::regclass and r.oid = d.objid
    cross join lateral (
        select case when r.oid is null then d.classid else 'pg_class'::regclass::oid end,
               case when r.oid is null then d.objid else r.ev_class end
    ) as x (class, id)
    where n.depth < 50 and x.id <> $1::oid and (x.class, x.id) <> (n.class, n.id)
        and (x.class = 'pg_proc'::regclass or r.oid is not null)
)
select case when n.class = 'pg_proc'::regclass then 'f' else c.relkind::text end, n.id::text
from node as n
left join pg_class as c on n.class = 'pg_class'::regclass and c.oid = n.id
left join pg_proc as p on n.class = 'pg_proc'::regclass and p.oid = n.id
where c.relkind in ('v', 'm') or p.prokind in ('f', 'p')
group by 1, 2
order by max(n.depth) desc, 2
