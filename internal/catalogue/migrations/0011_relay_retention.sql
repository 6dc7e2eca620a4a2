-- When the segments of a relay were replayed, for those that are kept for a while behind that.
ALTER TABLE sch_chameleon.t_relay_segments ADD COLUMN ts_replayed timestamp with time zone;
COMMENT ON COLUMN sch_chameleon.t_relay_segments.ts_replayed IS 'since when all of it is replayed; it is dropped so long after that as batch_retention says, or at once if none is set';
