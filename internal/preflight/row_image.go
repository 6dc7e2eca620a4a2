package preflight

// rowImage: a row that is logged in part cannot be written whole.
func rowImage(f *Facts) []Finding {
	value := f.variable("binlog_row_image", "FULL")
	if value == "FULL" {
		return nil
	}
	return blocking("binlog_row_image", "the source logs rows in part (binlog_row_image is "+value+")",
		"SET GLOBAL binlog_row_image = 'FULL'; and binlog_row_image = FULL in the source's configuration (sessions that are open keep the old image until they reconnect)")
}
