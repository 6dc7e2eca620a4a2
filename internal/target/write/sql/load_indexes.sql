-- The indexes of a table: name, constraint, definition, whether rows can break
-- it, and the columns of a plain unique key in the order of their names.
select x.relname, coalesce(k.conname, ''), coalesce(pg_get_constraintdef(k.oid), pg_get_indexdef(x.oid)),
    i.indisunique or i.indisexclusion,
    case when i.indisunique and i.indpred is null and i.indexprs is null then (
        select string_agg(a.attname, E'\x01' order by a.attname collate "C")
        from unnest(i.indkey::int2[]) with ordinality as p (n, at)
        join pg_attribute as a on a.attrelid = i.indrelid and a.attnum = p.n
        where p.at <= i.indnkeyatts
    ) else '' end
from pg_index as i
join pg_class as x on x.oid = i.indexrelid
left join pg_constraint as k on k.conindid = x.oid and k.contype in ('p', 'u', 'x') and k.conrelid = i.indrelid
where i.indrelid = to_regclass($1)
order by i.indisprimary desc, x.relname
