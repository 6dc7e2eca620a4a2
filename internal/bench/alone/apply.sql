DELETE FROM {table} t USING staging_{table} s
WHERE s.batch = {batch} AND s.kind = 'delete' AND t.id = s.id;

UPDATE {table} t SET {set} FROM staging_{table} s
WHERE s.batch = {batch} AND s.kind = 'update' AND t.id = s.id;

INSERT INTO {table} ({columns})
SELECT {columns} FROM staging_{table}
WHERE batch = {batch} AND kind = 'insert';

