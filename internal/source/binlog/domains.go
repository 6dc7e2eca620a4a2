package binlog

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// domains is a GTID position of MariaDB: for each domain the last transaction.
type domains map[uint32]domainGTID

type domainGTID struct {
	domain, server uint32
	number         uint64
}

func parseDomains(text string) (domains, error) {
	set := domains{}
	for gtid := range strings.SplitSeq(text, ",") {
		if gtid = strings.TrimSpace(gtid); gtid == "" {
			continue
		}
		if err := set.add(gtid); err != nil {
			return nil, err
		}
	}
	return set, nil
}

func parseDomainGTID(gtid string) (g domainGTID, err error) {
	domain, rest, _ := strings.Cut(gtid, "-")
	server, number, _ := strings.Cut(rest, "-")
	d, err1 := strconv.ParseUint(domain, 10, 32)
	s, err2 := strconv.ParseUint(server, 10, 32)
	n, err3 := strconv.ParseUint(number, 10, 64)
	if err1 != nil || err2 != nil || err3 != nil {
		return g, fmt.Errorf("reading the GTID %q: it is not domain-server-number", gtid)
	}
	return domainGTID{uint32(d), uint32(s), n}, nil
}

func (s domains) add(gtid string) error {
	g, err := parseDomainGTID(gtid)
	if err == nil {
		s[g.domain] = g // the last in the log's order, whatever its number
	}
	return err
}

func (s domains) has(gtid string) (bool, error) {
	g, err := parseDomainGTID(gtid)
	have, found := s[g.domain]
	return err == nil && found && g.number <= have.number, err
}

func (s domains) includes(other gtids) bool {
	o, same := other.(domains)
	for domain, want := range o {
		if have, found := s[domain]; !found || have.number < want.number {
			return false
		}
	}
	return same
}

func (s domains) String() string {
	var out []string
	for _, domain := range slices.Sorted(maps.Keys(s)) {
		out = append(out, fmt.Sprintf("%d-%d-%d", domain, s[domain].server, s[domain].number))
	}
	return strings.Join(out, ",")
}
