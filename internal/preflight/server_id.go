package preflight

import (
	"fmt"

	"pgchameleon/internal/fault"
)

// serverID: a server sends its log to one replica of each id, and never to
// itself.
func serverID(f *Facts) []Finding {
	if f.ServerID == 0 || f.ServerID != f.Server.ServerID {
		return nil
	}
	return []Finding{{"my_server_id", Blocking, fault.Config, fmt.Sprintf("my_server_id %d is the source's own server_id", f.ServerID),
		"give my_server_id a number that no server or replica has"}}
}
