DELETE FROM {table} t USING staging s
WHERE s.batch = {batch} AND s.tab = '{table}' AND s.kind = 'delete' AND t.id = s.id;

UPDATE {table} t SET k = s.k, c = s.c, pad = s.pad FROM staging s
WHERE s.batch = {batch} AND s.tab = '{table}' AND s.kind = 'update' AND t.id = s.id;

INSERT INTO {table} (id, k, c, pad)
SELECT id, k, c, pad FROM staging
WHERE batch = {batch} AND tab = '{table}' AND kind = 'insert';

