package preflight

import "strings"

// variable gives a global variable of the source in capitals, or what counts
// where the server does not have it.
func (f *Facts) variable(name, otherwise string) string {
	if value, has := f.Server.Vars[name]; has {
		return strings.ToUpper(value)
	}
	return otherwise
}

// binaryLog: without a binary log there is nothing to follow.
func binaryLog(f *Facts) []Finding {
	if value := f.variable("log_bin", "ON"); value == "ON" || value == "1" {
		return nil
	}
	return blocking("log_bin", "the source writes no binary log (log_bin is OFF), so there is nothing to follow",
		"set log_bin = mysql-bin and a server_id in the [mysqld] section of the source's configuration, and restart it")
}
