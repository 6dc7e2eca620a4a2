package ddl_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"pgchameleon/internal/testserver"
)

// functions are expressions that the servers take for partitions, all functions among them
// that the manuals allow.
var functions = []string{
	"ABS(a)", "a MOD 7", "MOD(a, 5)", "a % 3", "a DIV 4", "-a", "a + b * 2", "a - b", "ABS(a - 10) + MOD(b, 3)", "u DIV 3", "u", "MOD(u, 7)",
	"CEILING(c)", "FLOOR(c)", "FLOOR(c) + a",
	"DATEDIFF(d, n)", "DAY(d)", "DAYOFMONTH(n)", "DAYOFWEEK(d)", "DAYOFYEAR(d)", "MONTH(d)", "QUARTER(d)", "WEEKDAY(d)", "YEAR(d)", "YEARWEEK(d)", "YEARWEEK(d, 1)", "YEARWEEK(d, 0)",
	"TO_DAYS(d)", "TO_DAYS(n)", "TO_SECONDS(d)", "TO_SECONDS(n)", "YEAR(n) * 100 + MONTH(n)",
	"HOUR(n)", "MINUTE(n)", "SECOND(n)", "MICROSECOND(n)", "TIME_TO_SEC(k)", "HOUR(k)", "MINUTE(k)", "SECOND(k)",
	"EXTRACT(YEAR FROM d)", "EXTRACT(QUARTER FROM d)", "EXTRACT(MONTH FROM n)", "EXTRACT(DAY FROM n)", "EXTRACT(YEAR_MONTH FROM d)", "EXTRACT(HOUR FROM n)", "EXTRACT(DAY_HOUR FROM n)", "EXTRACT(DAY_SECOND FROM n)",
	"EXTRACT(HOUR_MINUTE FROM k)", "EXTRACT(MINUTE_SECOND FROM k)", "EXTRACT(DAY_MICROSECOND FROM n)", "EXTRACT(SECOND_MICROSECOND FROM n)",
	"UNIX_TIMESTAMP(s)",
}

const functionTable = "CREATE TABLE t (id INT, a INT, b SMALLINT, u BIGINT UNSIGNED NOT NULL, c DECIMAL(9,3), d DATE, n DATETIME(6), k TIME, s TIMESTAMP NOT NULL DEFAULT '2020-01-01 00:00:00') "

func pick(r *rand.Rand, nulls bool, value func() string) string {
	if nulls && r.IntN(6) == 0 {
		return "NULL"
	}
	return value()
}

// functionRows are random rows with values near the bounds of months, years and types.
func functionRows(r *rand.Rand, count int) string {
	near := []time.Time{time.Date(2020, 2, 29, 23, 59, 59, 999999000, time.UTC), time.Date(2019, 12, 31, 0, 0, 0, 0, time.UTC), time.Date(2021, 1, 1, 0, 0, 0, 1000, time.UTC), time.Date(1970, 1, 1, 0, 0, 1, 0, time.UTC), time.Date(2024, 7, 1, 12, 30, 15, 500000, time.UTC), time.Date(1000, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)}
	moment := func(years int) time.Time {
		m := near[r.IntN(years)].Add(time.Duration(r.IntN(20)-10) * 24 * time.Hour)
		for m.Year() > 9999 {
			m = m.Add(-240 * time.Hour)
		}
		return m
	}
	var rows []string
	for id := range count {
		stamp := moment(5)
		if stamp.Year() < 1971 {
			stamp = near[4]
		}
		rows = append(rows, fmt.Sprintf("(%d, %s, %s, %d, %s, %s, %s, %s, '%s')", id,
			pick(r, true, func() string { return fmt.Sprint(r.IntN(80) - 40) }), pick(r, true, func() string { return fmt.Sprint(r.IntN(200) - 100) }), r.IntN(100),
			pick(r, true, func() string { return fmt.Sprintf("%d.%03d", r.IntN(40)-20, r.IntN(3)*500) }),
			pick(r, true, func() string { return moment(7).Format("'2006-01-02'") }), pick(r, true, func() string { return moment(7).Format("'2006-01-02 15:04:05.000000'") }),
			pick(r, true, func() string { return moment(5).Format("'15:04:05'") }), stamp.Format(time.DateTime)))
	}
	return "INSERT INTO t VALUES " + strings.Join(rows, ", ")
}

// partitioned gives a random partitioning by a function whose values are given, and the
// names of its partitions.
func partitioned(r *rand.Rand, function string, values []int64) (by string, names []string) {
	name := func() string { names = append(names, fmt.Sprintf("p%d", len(names))); return names[len(names)-1] }
	var parts []string
	switch r.IntN(4) {
	case 0, 1:
		n := 2 + r.IntN(6)
		for range n {
			name()
		}
		return fmt.Sprintf("PARTITION BY %sHASH (%s) PARTITIONS %d", []string{"", "LINEAR "}[r.IntN(2)], function, n), names
	case 2:
		for len(values) > 0 {
			n := min(len(values), 1+r.IntN(10))
			parts = append(parts, fmt.Sprintf("PARTITION %s VALUES LESS THAN (%d)", name(), values[n-1]))
			values = values[n:]
		}
		return fmt.Sprintf("PARTITION BY RANGE (%s) (%s, PARTITION %s VALUES LESS THAN MAXVALUE)", function, strings.Join(parts, ", "), name()), names
	}
	first := []string{"NULL"}
	for len(values) > 0 || first != nil {
		list := first
		n := min(len(values), 1+r.IntN(10))
		for _, v := range values[:n] {
			list = append(list, fmt.Sprint(v))
		}
		parts = append(parts, fmt.Sprintf("PARTITION %s VALUES IN (%s)", name(), strings.Join(list, ", ")))
		values, first = values[n:], nil
	}
	return fmt.Sprintf("PARTITION BY LIST (%s) (%s)", function, strings.Join(parts, ", ")), names
}

// Random partitionings of random rows by every function: what is left after a partition was
// emptied is the same on both sides.
func TestRandomPartitions(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	for _, server := range []string{testserver.Source, "mariadb-11.8", "mysql-9.7", "mysql-5.6"} {
		t.Run(server, func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 1))
			b := newBench(t, server)
			for _, function := range functions {
				b.empty()
				b.must(b.source, functionTable, functionRows(r, 60))
				var values []int64
				for _, row := range b.query(b.source, "SELECT CAST(%s AS SIGNED) FROM t", function) {
					var v int64
					if row[0] == "NULL" {
						continue
					}
					if _, err := fmt.Sscan(row[0], &v); err != nil {
						t.Fatal(err)
					}
					values = append(values, v)
				}
				slices.Sort(values) // not by the server: MySQL 5.6 sorts TO_SECONDS as 32 bits
				values = slices.Compact(values)
				by, names := partitioned(r, function, values)
				rows := b.query(b.source, "SELECT * FROM t")
				r.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
				b.follow(story{setup: []string{functionTable, again(rows), "ALTER TABLE t " + by}, run: truncating(names[:min(3, len(names))]...), each: true})
				if t.Failed() {
					t.Fatalf("seed %d: %s", seed, by)
				}
			}
		})
	}
}

// again inserts rows as they were read.
func again(rows [][]string) string {
	var tuples []string
	for _, row := range rows {
		var values []string
		for _, v := range row {
			if v != "NULL" {
				v = "'" + v + "'"
			}
			values = append(values, v)
		}
		tuples = append(tuples, "("+strings.Join(values, ",")+")")
	}
	return "INSERT INTO t VALUES " + strings.Join(tuples, ", ")
}
