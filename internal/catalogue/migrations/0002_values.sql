-- Originals of values that a rule changed stand with the discarded rows.
ALTER TABLE sch_chameleon.t_discarded_rows
    ADD COLUMN t_source_column text NOT NULL DEFAULT '',
    ADD COLUMN t_rule          text NOT NULL DEFAULT '',
    ADD COLUMN t_row_key       text NOT NULL DEFAULT '';
COMMENT ON COLUMN sch_chameleon.t_discarded_rows.t_rule IS
    'the rule that changed one value, of which t_row_data is the original and t_row_key the row''s key as COPY text; empty where the whole row was discarded';

ALTER TABLE sch_chameleon.t_conversions ADD COLUMN i_originals bigint NOT NULL DEFAULT 0;
COMMENT ON COLUMN sch_chameleon.t_conversions.i_originals IS 'how many of the originals are in t_discarded_rows';

-- What each column became, and by which mask: a configuration that says otherwise
-- does not fit the rows that are there.
ALTER TABLE sch_chameleon.t_definitions ADD COLUMN jsb_mapping jsonb;
ALTER TABLE sch_chameleon.t_replica_tables ADD COLUMN jsb_mapping jsonb;

-- What the target had when the source was copied. A later extension changes nothing.
ALTER TABLE sch_chameleon.t_sources ADD COLUMN jsb_options jsonb;
