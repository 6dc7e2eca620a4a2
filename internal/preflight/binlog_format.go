package preflight

// binlogFormat: statements cannot be replayed on another database; rows can.
func binlogFormat(f *Facts) []Finding {
	value := f.variable("binlog_format", "ROW")
	if value == "ROW" {
		return nil
	}
	return blocking("binlog_format", "the source logs statements instead of rows (binlog_format is "+value+")",
		"SET GLOBAL binlog_format = 'ROW'; and binlog_format = ROW in the source's configuration (sessions that are open keep the old format until they reconnect)")
}
