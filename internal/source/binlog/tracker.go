package binlog

import (
	"strconv"
	"strings"

	"pgchameleon/internal/event"
	"pgchameleon/internal/fault"
)

// Tracker does the arithmetic of positions. It is not for concurrent use.
type Tracker struct {
	at       event.Position // GTIDs stay as they were at the start; set has them
	set      gtids          // nil: the position is by file and offset alone
	marks    map[string]gtids
	lastText string // the mark last asked for, which saves most look-ups
	last     gtids
}

// maxMarks bounds the memory of parsed marks: one for each table that is
// catching up, and some.
const maxMarks = 4096

// NewTracker starts at a position, as the catalogue holds it.
func NewTracker(from event.Position) (*Tracker, error) {
	t := &Tracker{at: from, marks: map[string]gtids{}}
	if from.GTIDs != "" {
		set, err := parseGTIDs(from.Flavor, from.GTIDs)
		if err != nil {
			return nil, err
		}
		t.set = set
	}
	return t, nil
}

// NewFirstTracker starts at a position before which no transaction of the server has a GTID.
func NewFirstTracker(from event.Position) (*Tracker, error) {
	set, err := parseGTIDs(from.Flavor, "")
	if err != nil {
		return nil, err
	}
	return &Tracker{at: from, set: set, marks: map[string]gtids{}}, nil
}

// Add moves the tracker behind a transaction. A piece that is not the last one
// moves nothing.
func (t *Tracker) Add(tx *event.Transaction) error {
	if !tx.Final {
		return nil
	}
	switch {
	case t.set == nil: // transactions before the start are unknown, so a set would lie
	case tx.GTID == "": // GTIDs have been switched off
		t.set = nil
	default:
		if err := t.set.add(tx.GTID); err != nil {
			return err
		}
	}
	if tx.Server != "" {
		t.at.Server = tx.Server
	}
	t.at.File, t.at.Offset = tx.File, tx.End
	return nil
}

// Idle moves the tracker's file and offset to those of a position that the
// stream has reported as idle: no transaction is between the two.
func (t *Tracker) Idle(p event.Position) {
	t.at.Server, t.at.File, t.at.Offset = p.Server, p.File, p.Offset
}

// Position renders where the tracker is.
func (t *Tracker) Position() event.Position {
	p := t.at
	p.GTIDs = ""
	if t.set != nil {
		p.GTIDs = t.set.String()
	}
	return p
}

// Covers says whether the transaction is at or before the mark. File and
// offset decide where both are of one server, the GTIDs otherwise.
func (t *Tracker) Covers(mark event.Position, tx *event.Transaction) (bool, error) {
	if mark.File != "" && mark.Server == tx.Server {
		if order, known := compare(tx.File, tx.End, mark.File, mark.Offset); known {
			return order <= 0, nil
		}
	}
	switch {
	case tx.GTID != "" && mark.GTIDs != "":
		set, err := t.parsed(mark)
		if err != nil {
			return false, err
		}
		return set.has(tx.GTID)
	case mark.File == "" && mark.GTIDs == "": // before everything
		return false, nil
	}
	return false, incomparable(mark)
}

// Reached says whether the tracker has come to the mark.
func (t *Tracker) Reached(mark event.Position) (bool, error) {
	if mark.File != "" && mark.Server == t.at.Server {
		if t.at.File == "" { // a mark of MySQL's GTIDs; the first transaction or heartbeat tells the file
			return false, nil
		}
		if order, known := compare(t.at.File, t.at.Offset, mark.File, mark.Offset); known {
			return order >= 0, nil
		}
	}
	switch {
	case t.set != nil && mark.GTIDs != "":
		set, err := t.parsed(mark)
		if err != nil {
			return false, err
		}
		return t.set.includes(set), nil
	case mark.File == "" && mark.GTIDs == "":
		return true, nil
	}
	return false, incomparable(mark)
}

func (t *Tracker) parsed(mark event.Position) (gtids, error) {
	if t.last != nil && t.lastText == mark.GTIDs {
		return t.last, nil
	}
	set, found := t.marks[mark.GTIDs]
	if !found {
		var err error
		if set, err = parseGTIDs(mark.Flavor, mark.GTIDs); err != nil {
			return nil, err
		}
		if len(t.marks) >= maxMarks {
			clear(t.marks)
		}
		t.marks[mark.GTIDs] = set
	}
	t.lastText, t.last = mark.GTIDs, set
	return set, nil
}

func incomparable(mark event.Position) error {
	return fault.New(fault.State, "the source is another server than before and has no GTIDs to compare by; copy the tables again with init_replica",
		"the position %s cannot be compared with where the stream is", mark)
}

// compare orders two places of one server's log; it knows nothing of files
// whose names differ in more than their number.
func compare(fileA string, offsetA uint64, fileB string, offsetB uint64) (order int, known bool) {
	if fileA != fileB {
		baseA, a, okA := cutFile(fileA)
		baseB, b, okB := cutFile(fileB)
		if !okA || !okB || baseA != baseB {
			return 0, false
		}
		offsetA, offsetB = a, b // numbers, not texts: binlog.999999 is before binlog.1000000
	}
	switch {
	case offsetA < offsetB:
		return -1, true
	case offsetA > offsetB:
		return 1, true
	}
	return 0, true
}

func cutFile(file string) (base string, number uint64, ok bool) {
	at := strings.LastIndexByte(file, '.')
	if at < 0 {
		return "", 0, false
	}
	number, err := strconv.ParseUint(file[at+1:], 10, 64)
	return file[:at], number, err == nil
}
