package preflight

// gtidMode: a source without GTIDs is followed by file and offset, which end at
// this one server.
func gtidMode(f *Facts) []Finding {
	if !f.GTID || f.Server.GTID {
		return nil
	}
	return warning("gtid_mode", "gtid_enable is set, but the source has no GTIDs (gtid_mode is "+f.variable("gtid_mode", "not there")+
		"): it is followed by file and position", "switch gtid_mode on, step by step as the manual of MySQL says, or remove gtid_enable")
}
