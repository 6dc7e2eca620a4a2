CREATE INDEX ON staging_{table} (batch, kind);
ANALYZE staging_{table};
