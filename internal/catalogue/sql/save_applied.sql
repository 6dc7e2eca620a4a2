UPDATE sch_chameleon.t_last_replayed
SET t_position = $3, ts_last_replayed = coalesce($4, ts_last_replayed), ts_applied = clock_timestamp(),
    i_transactions = i_transactions + $5, i_inserted = i_inserted + $6, i_updated = i_updated + $7, i_deleted = i_deleted + $8,
    i_missing = i_missing + $9, i_ddl = i_ddl + $10, i_skipped = i_skipped + $11
WHERE i_id_source = $1 AND i_epoch = $2;
