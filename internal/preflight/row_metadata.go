package preflight

// rowMetadata: with the columns' names in the binary log, each row event is
// checked against the tracked schema.
func rowMetadata(f *Facts) []Finding {
	if value := f.variable("binlog_row_metadata", "FULL"); value != "FULL" {
		return warning("binlog_row_metadata", "the binary log does not name columns (binlog_row_metadata is "+value+
			"): a change of a table that is not in the log would be noticed only by the number and the types of its columns",
			"SET GLOBAL binlog_row_metadata = 'FULL'; and binlog_row_metadata = FULL in the source's configuration")
	}
	return nil
}
