package bench

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"pgchameleon/internal/bench/alone"
	"pgchameleon/internal/bench/decoding"
	"pgchameleon/internal/bench/load"
	"pgchameleon/internal/testserver"
	"pgchameleon/internal/testserver/launch"
)

func TestMain(m *testing.M) { testserver.Main(m) }

// yard gives a bench with a source of its own, the shared target, and a folder for more servers.
func yard(t *testing.T) *bench {
	t.Helper()
	home, err := launch.NewHome()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := home.Close(); err != nil {
			t.Error(err)
		}
	})
	return &bench{Options: Options{Out: t.Output(), Source: testserver.Source, Scale: 0.002, Rounds: 3}, home: home,
		source: testserver.Private(t, testserver.Source).Server, target: testserver.Shared(t, testserver.Target).Server}
}

// The yardsticks themselves must work: the pipe of the clients, the replica, and PostgreSQL alone.
func TestYardsticks(t *testing.T) {
	b := yard(t)
	set, err := b.standard(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if took, usage, err := b.pipe(t.Context(), set); err != nil || took <= 0 || usage.CPU <= 0 {
		t.Fatal(took, usage, err)
	}
	if err := b.levelMirror(t.Context(), set); err != nil {
		t.Fatal(err)
	}
	database := pipedDatabase(t, b, set)
	from, err := alone.Position(t.Context(), b.source)
	if err != nil {
		t.Fatal(err)
	}
	changes, mark, err := b.pile(t.Context(), set, 1)
	if err != nil || changes != 4*set.Transactions {
		t.Fatal(changes, err)
	}
	staged, err := alone.Read(t.Context(), b.source, set, from, mark)
	if err != nil {
		t.Fatal(err)
	}
	if took, err := staged.Apply(t.Context(), b.target, database); err != nil || took <= 0 {
		t.Fatal(took, err)
	}
	if err := set.Compare(t.Context(), b.source, b.target, database); err != nil {
		t.Error(err)
	}
	if _, err := b.catchUp(t.Context(), set, flushLater, mark); err != nil {
		t.Fatal(err)
	}
	made, err := load.Writer{Source: b.source, Set: set, Clients: 3, Seed: 1}.Steady(t.Context(), 200, 500*time.Millisecond, true)
	if err != nil || made < 50 {
		t.Fatal(made, err)
	}
	if err := set.Compare(t.Context(), b.source, b.target, database); err == nil {
		t.Error("tables that differ compare as equal")
	}
	if mark, err = b.mark(t.Context(), b.source, set); err != nil {
		t.Fatal(err)
	}
	if _, err := b.catchUp(t.Context(), set, flushAlways, mark); err != nil {
		t.Fatal(err)
	}
	sums := map[string]bool{}
	for _, server := range []*launch.Server{b.source, b.mirror} {
		conn, err := server.Connect(t.Context(), set.Database())
		if err != nil {
			t.Fatal(err)
		}
		rows, err := conn.Query(t.Context(), "CHECKSUM TABLE sbtest1, sbtest2, probe")
		if err != nil {
			t.Fatal(err)
		}
		sums[fmt.Sprint(rows)] = true
		if err := conn.Close(); err != nil {
			t.Error(err)
		}
	}
	if len(sums) != 1 {
		t.Errorf("source and replica differ: %v", sums)
	}
}

// pipedDatabase is a database of the target with a set's tables, in the schema that the program would give them.
func pipedDatabase(t *testing.T, b *bench, set load.Set) string {
	t.Helper()
	const database = "yardsticks"
	if err := b.admin(t.Context(), "CREATE DATABASE "+database, "ALTER DATABASE "+database+" SET search_path TO "+set.Database()); err != nil {
		t.Fatal(err)
	}
	conn, err := b.target.Connect(t.Context(), database)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.Exec(t.Context(), "CREATE SCHEMA "+set.Database()); err != nil {
		t.Fatal(err)
	}
	for _, table := range set.Tables {
		if _, err := b.pipeTable(t.Context(), database, set, table); err != nil {
			t.Fatal(err)
		}
	}
	if err := set.Compare(t.Context(), b.source, b.target, database); err != nil {
		t.Fatal(err)
	}
	return database
}

// Every shape can be made and changed, twice over, and the pipe copies it.
func TestShapes(t *testing.T) {
	b := yard(t)
	for _, set := range append(load.Copies(b.Scale), append(load.Changes(b.Scale, 2), load.Orders(b.Scale), load.Growing(1000))...) {
		if err := set.Create(t.Context(), b.source); err != nil {
			t.Errorf("%s: %v", set.Name, err)
			continue
		}
		if set.Change == nil && set.Bulk == nil {
			if _, _, err := b.pipe(t.Context(), set); err != nil {
				t.Errorf("%s: %v", set.Name, err)
			}
			continue
		}
		for round := range 2 {
			if changes, _, err := b.pile(t.Context(), set, round); err != nil || changes < set.Transactions {
				t.Errorf("%s: %d changes in %d transactions: %v", set.Name, changes, set.Transactions, err)
			}
		}
		if err := set.Drop(t.Context(), b.source); err != nil {
			t.Errorf("%s: %v", set.Name, err)
		}
	}
}

func TestMedian(t *testing.T) {
	for want, figures := range map[float64][]float64{3: {9, 3, 1}, 2.5: {4, 2, 3, 1}} {
		if got := median(figures); got != want {
			t.Errorf("median of %v is %v", figures, got)
		}
	}
	if !math.IsNaN(median(nil)) {
		t.Error("nothing has a median")
	}
}

func TestChosen(t *testing.T) {
	for cases, want := range map[string]string{
		"lag": "lag/500, lag/2000, lag/pause", "apply/hot-row, decode": "decode, apply/hot-row", "copy/huge,copy/huge": "copy/huge",
	} {
		b := &bench{Options: Options{Cases: cases, Scale: 1}}
		if got, err := b.chosen(); err != nil || names(got) != want {
			t.Errorf("%s chooses %s: %v", cases, names(got), err)
		}
	}
	b := &bench{Options: Options{Cases: "lagg", Scale: 1}}
	if _, err := b.chosen(); err == nil || !strings.Contains(err.Error(), "lag/pause") {
		t.Errorf("a name that is none: %v", err)
	}
	b.Cases = ""
	if all, err := b.chosen(); err != nil || len(all) != len(b.cases()) {
		t.Error(names(all), err)
	}
}

func TestReportShowsEveryRound(t *testing.T) {
	b := &bench{Options: Options{Bin: ".", Scale: 1}, source: testserver.Shared(t, testserver.Source).Server, target: testserver.Shared(t, testserver.Target).Server}
	columns := []column{{head: "against pipe", show: times, aim: aim{atMost: 0.8}}, {head: "speed", show: whole, main: true},
		{head: "loader", show: seconds, aim: aim{atLeast: 5}}, {head: "memory", show: megabytes}, {head: "largest", show: whole, aim: aim{atMost: 3}, worst: true},
		{head: "size", show: whole, rounds: true}}
	good := &sheet{name: "copy/one", what: "a copy", columns: columns, rounds: [][]float64{{0.5, 10, none, 1 << 20, 1, 7}, {0.9, 20, none, 3 << 20, 3, 8}, {0.7, 30, none, 2 << 20, 2, 9}}}
	bad := &sheet{name: "copy/two", what: "another", columns: columns, rounds: [][]float64{{0.9, 1, 6, 1, 4, 1}}}
	broken := &sheet{name: "relay", what: "a relay", failed: errors.New("no way\nhere")}
	text, err := b.render(t.Context(), []*sheet{good, bad, broken}, 4)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{
		"| `copy/one`: a copy | against pipe **0.70 ×**<br>speed **20**<br>loader: not measured<br>largest **3** | memory 2 MB | against pipe at most 0.80 ×<br>largest at most 3 | yes |",
		"loader at least 5.00 s<br>largest at most 3 | **no**: against pipe, largest |",
		"| `relay`: a relay |  |  |  | **failed**: no way |",
		"3 of 4 cases were measured",
		"| against pipe | speed | memory | largest | size |\n|---|---|---|---|---|\n| 0.50 × | 10 | 1 MB | 1 | 7 |\n| 0.90 × | 20 | 3 MB | 3 | 8 |",
		"| 0.90 × | 1 | 6.00 s | 0 MB | 4 | 1 |", "`relay`: no round was finished",
	} {
		if !strings.Contains(string(text), part) {
			t.Errorf("the report does not show %s:\n%s", part, text)
		}
	}
}

func TestRecoveryLastsUntilTheLagStaysSmall(t *testing.T) {
	probes := []probe{{90, 90.01}, {95, 100.5}, {99, 101}, {101.2, 101.25}, {101.4, 102}, {102.3, 102.31}, {102.9, 102.95}, {103.3, 103.4}}
	if _, err := recovered(probes, 100); err == nil {
		t.Error("it has recovered before the lag stayed small for a second")
	}
	took, err := recovered(append(probes[:7:7], probe{103.3, 103.35}), 100)
	if err != nil || math.Abs(took-2.31) > 1e-9 {
		t.Error(took, err)
	}
}

func TestGrowthComparesQuarters(t *testing.T) {
	for want, points := range map[float64][]float64{1: {0, 0, 0, 0, 0, 0, 0, 0}, 2: {9, 9, 1, 3, 7, 7, 4, 4}, 0.5: {0, 4, 0, 2}} {
		if got := growthOf(points); got != want {
			t.Errorf("the growth of %v is %v", points, got)
		}
	}
}

func TestDecodingReadsWhatTheServerWrote(t *testing.T) {
	const rows = 5000
	events, err := decoding.Record(t.Context(), testserver.Shared(t, testserver.Source).Server, rows)
	if err != nil {
		t.Fatal(err)
	}
	result, err := events.Measure()
	if err != nil || result.Rate <= 0 || result.Bytes < rows*100 || result.Allocs > 1 {
		t.Errorf("%+v: %v", result, err)
	}
}
