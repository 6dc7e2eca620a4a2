package preflight

import "strings"

// partialJSON: changes of JSON documents that are logged as differences cannot
// be followed.
func partialJSON(f *Facts) []Finding {
	if !strings.Contains(f.variable("binlog_row_value_options", ""), "PARTIAL_JSON") {
		return nil
	}
	return blocking("binlog_row_value_options", "the source logs changes of JSON documents in part (binlog_row_value_options is PARTIAL_JSON)",
		"SET GLOBAL binlog_row_value_options = ''; and the same in the source's configuration")
}
