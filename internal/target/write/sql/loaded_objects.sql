-- What stands by itself in a schema, as DROP names it.
select case c.relkind when 'v' then 'view' when 'm' then 'materialized view' when 'S' then 'sequence' else 'table' end, c.relname, ''
from pg_class as c
where c.relnamespace = to_regnamespace($1) and c.relkind in ('r', 'p', 'v', 'm', 'S')
  and not exists (select from pg_depend as d where d.classid = 'pg_class'::regclass and d.objid = c.oid and c.relkind = 'S' and d.deptype in ('a', 'i')
                  and d.refclassid = 'pg_class'::regclass)
union all
select 'type', y.typname, ''
from pg_type as y left join pg_class as c on c.oid = y.typrelid
where y.typnamespace = to_regnamespace($1) and (y.typtype in ('e', 'd', 'r', 'm') or c.relkind = 'c')
union all
select 'collation', l.collname, '' from pg_collation as l where l.collnamespace = to_regnamespace($1)
union all
select case p.prokind when 'p' then 'procedure' else 'function' end, p.proname, '(' || oidvectortypes(p.proargtypes) || ')'
from pg_proc as p
where p.pronamespace = to_regnamespace($1)
  and not exists (select from pg_depend as d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'i')
