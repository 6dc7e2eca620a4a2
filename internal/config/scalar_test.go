package config

import (
	"testing"
	"time"
)

func TestSizes(t *testing.T) {
	for text, want := range map[string]Size{"300M": 300 << 20, "100k": 100 << 10, "2 GB": 2 << 30, "1KiB": 1 << 10, "512": 512, "7m": 7 << 20} {
		got, err := parseSize(text)
		if err != nil || got != want {
			t.Errorf("%q is %d, %v", text, got, err)
		}
		if again, err := parseSize(got.String()); err != nil || again != want {
			t.Errorf("%q is written as %q", text, got)
		}
	}
	for _, text := range []string{"", "M", "-1M", "0", "1.5M", "9999999999G", "1T", "1 M M"} {
		if got, err := parseSize(text); err == nil {
			t.Errorf("%q is %d", text, got)
		}
	}
}

func TestSpans(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"120s": 2 * time.Minute, "120": 120 * time.Second, "1 day": 24 * time.Hour, "7 days": 7 * 24 * time.Hour, "300ms": 300 * time.Millisecond,
		"1h 30min": 90 * time.Minute, "1.5 hours": 90 * time.Minute, "2 weeks": 14 * 24 * time.Hour, "0": 0, "5 MIN": 5 * time.Minute,
		"01:30:00": 90 * time.Minute, "1 day 02:00": 26 * time.Hour, "00:00:00.5": 500 * time.Millisecond, "1 02:00:00": 26 * time.Hour, "3 hrs": 3 * time.Hour,
		"P1D": 24 * time.Hour, "PT2H30M": 150 * time.Minute, "P1DT1.5S": 24*time.Hour + 1500*time.Millisecond, "P2W": 14 * 24 * time.Hour,
	} {
		got, err := parseDuration(text, time.Second)
		if err != nil || time.Duration(got) != want {
			t.Errorf("%q is %s, %v", text, got, err)
		}
		if again, err := parseDuration(got.String(), 0); err != nil && got != 0 || again != got {
			t.Errorf("%q is written as %q", text, got)
		}
	}
	for _, text := range []string{"", "s", "-5s", "5 parsecs", "disabled", "1..5s", "100 days", "5s s", "1e3", "1:2:3:4", "00:60", "1:", "1.5:00", "-01:00", "P", "PT", "P1", "P1X", "PP1D"} {
		if got, err := parseDuration(text, time.Second); err == nil {
			t.Errorf("%q is %s", text, got)
		}
	}
}

func TestNearest(t *testing.T) {
	names := []string{"host", "port", "password", "password_env", "connect_timeout"}
	for word, want := range map[string]string{"prot": "port", "Host": "host", "pasword": "password", "connect_timout": "connect_timeout", "zebra": "", "x": ""} {
		if got := Nearest(word, names); got != want {
			t.Errorf("%q is near %q, want %q", word, got, want)
		}
	}
}
