package preflight

// rowImage: a row that is logged in part cannot be written whole. What MariaDB's FULL_NODUP
// leaves out stands in the image before.
func rowImage(f *Facts) []Finding {
	value := f.variable("binlog_row_image", "FULL")
	if value == "FULL" || value == "FULL_NODUP" {
		return nil
	}
	return blocking("binlog_row_image", "the source logs rows in part (binlog_row_image is "+value+")",
		"SET GLOBAL binlog_row_image = 'FULL'; and binlog_row_image = FULL in the source's configuration (sessions that are open keep the old image until they reconnect)")
}
