package schema

// Temporary is a temporary table that a session of the source has. It hides a real
// table of the same name from that session.
type Temporary struct {
	Name
	Server string `json:"server"`          // as in event.Transaction
	Thread uint32 `json:"thread"`          // the session's id on that server
	Doubt  bool   `json:"doubt,omitempty"` // the server may have been started since
}
