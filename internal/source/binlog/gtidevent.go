package binlog

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"time"

	"github.com/go-mysql-org/go-mysql/replication"

	"pgchameleon/internal/event"
)

// opening is what the event at the start of a transaction says of it.
type opening struct {
	gtid       string
	time       time.Time // zero where the server tells none
	standalone bool      // MariaDB: one statement without an end of its own
	skip       bool      // MariaDB: the start or the rollback of a two-phase ALTER
	xa         *event.XA // MariaDB: it is a phase of an XA transaction
}

// gtidEvent reads GTID and ANONYMOUS_GTID of MySQL: flags, uuid, number, two
// logical timestamps, and since 8.0 the time of the commit here.
func gtidEvent(body []byte, anonymous bool) (opening, error) {
	c := cursor{data: body}
	c.number(1)
	id := uuid(c.take(16))
	number := c.number(8)
	if c.bad {
		return opening{}, errShort
	}
	o := opening{gtid: id + ":" + strconv.FormatUint(number, 10)}
	if anonymous {
		o.gtid = ""
	}
	if c.number(1) == replication.LogicalTimestampTypeCode {
		c.number(8)
		c.number(8)
		micros := c.number(7)
		if !c.bad {
			o.time = time.UnixMicro(int64(micros &^ (1 << 55))) // the bit says that the first server's time follows
		}
	}
	return o, nil
}

// taggedEvent reads GTID_TAGGED_LOG of MySQL.
func taggedEvent(body []byte) (opening, error) {
	var e replication.GtidTaggedLogEvent
	if err := e.Decode(body); err != nil {
		return opening{}, fmt.Errorf("reading a tagged GTID: %w", err)
	}
	if len(e.SID) != 16 {
		return opening{}, errShort
	}
	o := opening{gtid: uuid(e.SID)}
	if tag := e.Tag.String(); tag != "" {
		o.gtid += ":" + tag
	}
	o.gtid += ":" + strconv.FormatInt(e.GNO, 10)
	if e.ImmediateCommitTimestamp != 0 {
		o.time = time.UnixMicro(int64(e.ImmediateCommitTimestamp))
	}
	return o, nil
}

func uuid(raw []byte) string {
	if len(raw) != 16 {
		return ""
	}
	h := hex.EncodeToString(raw)
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

// Flags of MariaDB's GTID event.
const (
	mariaStandalone    = 1
	mariaGroupCommit   = 2
	mariaPreparedXA    = 64
	mariaCompletedXA   = 128
	mariaStartAlter    = 2
	mariaRollbackAlter = 8
)

// mariaGTIDEvent reads GTID of MariaDB: number, domain, flags, and what the
// flags announce.
func mariaGTIDEvent(body []byte, server uint32) (opening, error) {
	c := cursor{data: body}
	number := c.number(8)
	domain := c.number(4)
	flags := c.number(1)
	if flags&mariaGroupCommit != 0 {
		c.number(8)
	}
	o := opening{gtid: fmt.Sprintf("%d-%d-%d", domain, server, number), standalone: flags&mariaStandalone != 0}
	if flags&(mariaPreparedXA|mariaCompletedXA) != 0 {
		format := c.number(4)
		sizes := c.take(2)
		if c.bad {
			return opening{}, errShort
		}
		xid := xidText(c.take(int(sizes[0])), c.take(int(sizes[1])), uint32(format))
		o.xa = &event.XA{Phase: "prepare", XID: xid}
		if flags&mariaCompletedXA != 0 {
			o.xa.Phase = "commit" // the statement says if it is a rollback
		}
	}
	if c.bad {
		return opening{}, errShort
	}
	if len(c.data) > 0 {
		extra := c.number(1)
		o.skip = extra&(mariaStartAlter|mariaRollbackAlter) != 0
	}
	return o, nil
}

// xidText writes an XID as servers do.
func xidText(global, branch []byte, format uint32) string {
	return fmt.Sprintf("X'%x',X'%x',%d", global, branch, int32(format))
}

// xaPrepare reads XA_PREPARE_LOG: one phase or two, and the XID.
func xaPrepare(body []byte) (onePhase bool, xid string, err error) {
	c := cursor{data: body}
	onePhase = c.number(1) != 0
	format := uint32(c.number(4))
	global, branch := int(c.number(4)), int(c.number(4))
	xid = xidText(c.take(global), c.take(branch), format)
	return onePhase, xid, c.err()
}
