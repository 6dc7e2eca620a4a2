package binlog

import (
	"fmt"
	"strings"

	"pgchameleon/internal/event"
	"pgchameleon/internal/fault"
)

// OneGTID reads the GTID of one transaction as a person writes it, and gives it as
// event.Transaction has it. Anything else is a fault.Config.
func OneGTID(flavor event.Flavor, text string) (string, error) {
	text = strings.ToLower(strings.TrimSpace(text))
	if flavor == event.MariaDB {
		g, err := parseDomainGTID(text)
		if err != nil {
			return "", notOne(text, "MariaDB's are domain-server-number, as 0-1-42")
		}
		return fmt.Sprintf("%d-%d-%d", g.domain, g.server, g.number), nil
	}
	set, err := parseIntervals(text)
	if err == nil && len(set) == 1 {
		for key, list := range set {
			if len(list) == 1 && list[0].first == list[0].last && strings.Count(text, "-") == strings.Count(key, "-") {
				return fmt.Sprintf("%s:%d", canonicalKey(key), list[0].first), nil
			}
		}
	}
	return "", notOne(text, "MySQL's are uuid:number or uuid:tag:number, as 3e11fa47-71ca-11e1-9e33-c80aa9429562:42")
}

// canonicalKey writes the uuid of a key as the binary log's are written.
func canonicalKey(key string) string {
	id, tag, tagged := strings.Cut(key, ":")
	digits := strings.ReplaceAll(id, "-", "")
	id = strings.Join([]string{digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]}, "-")
	if tagged {
		return id + ":" + tag
	}
	return id
}

func notOne(text, form string) error {
	return fault.New(fault.Config, form, "%q is not the GTID of one transaction of this source", text)
}

// Past says whether a transaction is at or before a position: that of a GTID as OneGTID
// gives it, or else the one that a place in a file of the position's server is in. A
// transaction that cannot be compared with the position is a fault.State or fault.Config.
func Past(at event.Position, gtid, file string, offset uint64) (bool, error) {
	t, err := NewTracker(at)
	if err != nil {
		return false, err
	}
	if gtid != "" {
		if t.set == nil {
			return false, fault.New(fault.Config, "name the transaction by --position FILE:OFFSET", "the stream of this source has no GTIDs")
		}
		return t.set.has(gtid)
	}
	order, known := compare(file, offset, at.File, at.Offset)
	if !known {
		return false, fault.New(fault.Config, "the stream is in "+at.File+"; its files have names like that", "%q is no file of this source's binary log", file)
	}
	return order < 0, nil
}
