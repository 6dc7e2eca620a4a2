-- What the configuration asks for, and what of it has been carried over.
ALTER TABLE sch_chameleon.t_sources
    ADD COLUMN jsb_wanted_mappings jsonb,
    ADD COLUMN jsb_filters jsonb,
    ADD COLUMN jsb_wanted_fills jsonb NOT NULL DEFAULT '[]';
COMMENT ON COLUMN sch_chameleon.t_sources.jsb_wanted_mappings IS 'mappings that are to take the place of jsb_schema_mappings; NULL: none';
COMMENT ON COLUMN sch_chameleon.t_sources.jsb_wanted_fills IS 'tables that are followed and are to be filled where they stand: schema and table of each';
COMMENT ON COLUMN sch_chameleon.t_sources.jsb_filters IS 'limit_tables and skip_tables by which the list of tables was made last';
