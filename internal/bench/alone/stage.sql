CREATE INDEX ON staging (batch, tab, kind);
ANALYZE staging;
