package binlog

import (
	"fmt"
	"strings"
	"testing"

	"github.com/go-mysql-org/go-mysql/mysql"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

const (
	one = "3e11fa47-71ca-11e1-9e33-c80aa9429562"
	two = "84135b40-e564-11f1-a1b7-02fc00000001"
)

func TestIntervals(t *testing.T) {
	for text, want := range map[string]string{
		"":                                    "",
		one + ":1-5":                          one + ":1-5",
		one + ":1-5:7:9-9":                    one + ":1-5:7:9",
		one + ":3:1-2,\n" + two + ":9":        one + ":1-3," + two + ":9",
		strings.ToUpper(one) + ":1:tag:7-8:9": one + ":1:tag:7-9",
		two + ":b:1:a:2":                      two + ":a:2:b:1",
	} {
		set, err := parseIntervals(text)
		if err != nil || set.String() != want {
			t.Errorf("%q is %q, %v", text, set, err)
		}
	}
	for _, text := range []string{"x", one + ":0", one + ":5-1", "0-1-2", one + ":1x"} {
		if set, err := parseIntervals(text); err == nil {
			t.Errorf("%q was read as %q", text, set)
		}
	}
}

// The set agrees with the library's, which is slower, on any sequence.
func TestIntervalsAgreeWithAnotherImplementation(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		key := rapid.SampledFrom([]string{one, two, one + ":a", one + ":b_1"})
		ours, theirs := intervals{}, mysql.NewMysqlGTIDSet()
		for range rapid.IntRange(0, 60).Draw(t, "n") {
			gtid := fmt.Sprintf("%s:%d", key.Draw(t, "key"), rapid.Int64Range(1, 40).Draw(t, "number"))
			if err := ours.add(gtid); err != nil {
				t.Fatal(err)
			}
			if err := theirs.Update(gtid); err != nil {
				t.Fatal(err)
			}
			if has, err := ours.has(gtid); !has || err != nil {
				t.Fatalf("%s is not in %s", gtid, ours)
			}
		}
		if diff := cmp.Diff(theirs.String(), ours.String()); diff != "" {
			t.Fatal(diff)
		}
		if diff := cmp.Diff(theirs.Encode(), ours.encode()); diff != "" {
			t.Fatal(diff)
		}
		probe := fmt.Sprintf("%s:%d-%d", key.Draw(t, "key"), 10, rapid.Int64Range(10, 14).Draw(t, "last"))
		want, err := mysql.ParseMysqlGTIDSet(probe)
		if err != nil {
			t.Fatal(err)
		}
		mine, err := parseIntervals(probe)
		if err != nil || ours.includes(mine) != theirs.Contain(want) {
			t.Fatalf("%s includes %s: %t, %v", ours, probe, ours.includes(mine), err)
		}
	})
}

func TestDomains(t *testing.T) {
	set, err := parseDomains("1-7-100, 0-3-9")
	if err != nil || set.String() != "0-3-9,1-7-100" {
		t.Fatal(set, err)
	}
	for gtid, want := range map[string]bool{"0-3-9": true, "0-4-8": true, "0-3-10": false, "1-1-100": true, "2-1-1": false} {
		if has, err := set.has(gtid); has != want || err != nil {
			t.Errorf("%s: %t %v", gtid, has, err)
		}
	}
	if err := set.add("0-5-12"); err != nil || set.String() != "0-5-12,1-7-100" {
		t.Error(set, err)
	}
	less, more := domains{0: {0, 1, 12}}, domains{2: {2, 1, 1}}
	if !set.includes(less) || set.includes(more) || set.includes(intervals{}) {
		t.Error("includes")
	}
	for _, text := range []string{"1-2", "1-2-3-4", "a-b-c"} {
		if _, err := parseDomains(text); err == nil {
			t.Errorf("%q was read", text)
		}
	}
}
