-- What the log of a relay was read from: it can be replayed while that is away.
ALTER TABLE sch_chameleon.t_relays ADD COLUMN jsb_source jsonb;
COMMENT ON COLUMN sch_chameleon.t_relays.jsb_source IS 'what the source said of itself when it was last reached; null: not known';
