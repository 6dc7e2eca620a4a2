package binlog

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// interval is a range of transaction numbers, both ends included.
type interval struct{ first, last int64 }

// intervals is a set of MySQL's GTIDs: for each "uuid" and "uuid:tag", in
// lower case, the numbers in order, with gaps between the ranges.
type intervals map[string][]interval

func parseIntervals(text string) (intervals, error) {
	set := intervals{}
	for source := range strings.SplitSeq(text, ",") {
		source = strings.ToLower(strings.TrimSpace(source))
		if source == "" {
			continue
		}
		parts := strings.Split(source, ":")
		id, key := parts[0], parts[0]
		if raw, err := hex.DecodeString(strings.ReplaceAll(id, "-", "")); err != nil || len(raw) != 16 {
			return nil, fmt.Errorf("reading GTIDs: %q is no server_uuid", id)
		}
		for _, part := range parts[1:] {
			part = strings.TrimSpace(part)
			if part != "" && (part[0] < '0' || part[0] > '9') {
				key = id + ":" + part
				continue
			}
			first, last, ranged := strings.Cut(part, "-")
			if !ranged {
				last = first
			}
			from, err := strconv.ParseInt(first, 10, 64)
			to, err2 := strconv.ParseInt(last, 10, 64)
			if err != nil || err2 != nil || from < 1 || to < from {
				return nil, fmt.Errorf("reading GTIDs: %q is no range of numbers", part)
			}
			set.insert(key, interval{from, to})
		}
	}
	return set, nil
}

// insert adds a range; the next number of a source, the usual case, is cheap.
func (s intervals) insert(key string, add interval) {
	have := s[key]
	at, _ := slices.BinarySearchFunc(have, add.first, func(i interval, first int64) int {
		if i.last+1 < first {
			return -1
		}
		return 1
	}) // the first range that add touches or precedes
	end := at
	for end < len(have) && have[end].first <= add.last+1 {
		add.first, add.last = min(add.first, have[end].first), max(add.last, have[end].last)
		end++
	}
	if end == at+1 {
		have[at] = add
		return
	}
	s[key] = slices.Replace(have, at, end, add)
}

// cutGTID splits "uuid:tag:7" into the key and the number.
func cutGTID(gtid string) (key string, number int64, err error) {
	at := strings.LastIndexByte(gtid, ':')
	if at > 0 {
		number, err = strconv.ParseInt(gtid[at+1:], 10, 64)
	}
	if at <= 0 || err != nil {
		return "", 0, fmt.Errorf("reading the GTID %q: it is not uuid:number", gtid)
	}
	return gtid[:at], number, nil
}

func (s intervals) add(gtid string) error {
	key, number, err := cutGTID(gtid)
	if err == nil {
		s.insert(key, interval{number, number})
	}
	return err
}

func (s intervals) has(gtid string) (bool, error) {
	key, number, err := cutGTID(gtid)
	return err == nil && s.covers(key, interval{number, number}), err
}

func (s intervals) covers(key string, want interval) bool {
	have := s[key]
	at, _ := slices.BinarySearchFunc(have, want.first, func(i interval, first int64) int {
		if i.last < first {
			return -1
		}
		return 1
	})
	return at < len(have) && have[at].first <= want.first && want.last <= have[at].last
}

func (s intervals) includes(other gtids) bool {
	o, same := other.(intervals)
	for key, ranges := range o {
		for _, want := range ranges {
			if !s.covers(key, want) {
				return false
			}
		}
	}
	return same
}

// String writes the set as MySQL does, tags after the untagged numbers.
func (s intervals) String() string {
	var out strings.Builder
	last := ""
	for _, key := range slices.Sorted(maps.Keys(s)) {
		id, tag, tagged := strings.Cut(key, ":")
		if id != last {
			if last != "" {
				out.WriteByte(',')
			}
			out.WriteString(id)
			last = id
		}
		if tagged {
			out.WriteByte(':')
			out.WriteString(tag)
		}
		for _, i := range s[key] {
			out.WriteByte(':')
			out.WriteString(strconv.FormatInt(i.first, 10))
			if i.last > i.first {
				out.WriteByte('-')
				out.WriteString(strconv.FormatInt(i.last, 10))
			}
		}
	}
	return out.String()
}

// encode writes the set as COM_BINLOG_DUMP_GTID wants it. With tags the format
// is another one: its mark and a shifted count, and a tag after each uuid.
func (s intervals) encode() []byte {
	count := uint64(len(s))
	tagged := false
	for key := range s {
		tagged = tagged || strings.Contains(key, ":")
	}
	head := count
	if tagged {
		head = 1 | count<<8 | 1<<56
	}
	out := binary.LittleEndian.AppendUint64(nil, head)
	for _, key := range slices.Sorted(maps.Keys(s)) {
		id, tag, _ := strings.Cut(key, ":")
		raw, _ := hex.DecodeString(strings.ReplaceAll(id, "-", "")) // it was checked when it was read
		out = append(out, raw...)
		if tagged {
			out = append(append(out, byte(len(tag)<<1)), tag...)
		}
		out = binary.LittleEndian.AppendUint64(out, uint64(len(s[key])))
		for _, i := range s[key] {
			out = binary.LittleEndian.AppendUint64(out, uint64(i.first))
			out = binary.LittleEndian.AppendUint64(out, uint64(i.last+1))
		}
	}
	return out
}
