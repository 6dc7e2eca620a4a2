-- Names that objects are to have in a schema and that something else has there. $2 are the names of relations and types,
-- $3 those of what was made before and goes away.
with old as (
    select c.oid from pg_class as c where c.relnamespace = to_regnamespace($1) and c.relname = any ($3::text[]) and c.relkind in ('r', 'p', 'v', 'm', 'S', 'c')
)
select c.relname from pg_class as c
where c.relnamespace = to_regnamespace($1) and c.relname = any ($2::text[]) and c.oid not in (select oid from old)
  and not exists (select from pg_index as i join old on i.indrelid = old.oid where i.indexrelid = c.oid)
  and not exists (select from pg_depend as d join old on d.refclassid = 'pg_class'::regclass and d.refobjid = old.oid
                  where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype in ('a', 'i'))
union all
select y.typname from pg_type as y
where y.typnamespace = to_regnamespace($1) and y.typname = any ($2::text[]) and y.typrelid = 0 and y.typcategory <> 'A'
  and not y.typname = any ($3::text[])
order by 1 limit 1
