package bench

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgchameleon/internal/bench/decoding"
	"pgchameleon/internal/bench/load"
	"pgchameleon/internal/testserver"
	"pgchameleon/internal/testserver/launch"
)

func TestMain(m *testing.M) { testserver.Main(m) }

// The yardsticks themselves must work: the pipe of the clients, and the replica.
func TestYardsticks(t *testing.T) {
	home, err := launch.NewHome()
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := home.Close(); err != nil {
			t.Error(err)
		}
	}()
	b := &bench{Options: Options{Out: t.Output(), Rows: 1000, Transactions: 200, Source: testserver.Source}, home: home}
	b.source = testserver.Private(t, testserver.Source).Server
	b.target = testserver.Shared(t, testserver.Target).Server
	if err := load.Create(t.Context(), b.source, b.Rows); err != nil {
		t.Fatal(err)
	}
	if took, err := b.pipe(t.Context()); err != nil || took <= 0 {
		t.Fatal(took, err)
	}
	mirror, err := b.startMirror(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	writer := load.Writer{Source: b.source, Rows: b.Rows, Clients: 3, Seed: 1}
	if err := writer.Backlog(t.Context(), b.Transactions); err != nil {
		t.Fatal(err)
	}
	made, err := writer.Steady(t.Context(), 200, 500*time.Millisecond)
	if err != nil || made < 50 {
		t.Fatal(made, err)
	}
	mark, err := b.mark(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.catchUp(t.Context(), mirror, flushLater, mark); err != nil {
		t.Fatal(err)
	}
	sums := map[string]bool{}
	for _, server := range []*launch.Server{b.source, mirror} {
		conn, err := server.Connect(t.Context(), load.Database)
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

func TestMedian(t *testing.T) {
	self := func(f float64) float64 { return f }
	for want, figures := range map[float64][]float64{0: nil, 3: {9, 3, 1}, 2.5: {4, 2, 3, 1}} {
		if got := median(figures, self); got != want {
			t.Errorf("median of %v is %v", figures, got)
		}
	}
}

func TestReportShowsEveryRound(t *testing.T) {
	var out strings.Builder
	b := &bench{Options: Options{Out: &out, Rows: 1000, Transactions: 200, Bin: "."}, source: testserver.Shared(t, testserver.Source).Server,
		target: testserver.Shared(t, testserver.Target).Server}
	b.results.decodes = []decoding.Result{{Rate: 2.5e6, Allocs: 0.04, Bytes: 40 << 20}}
	b.results.copies = []copied{{pipe: time.Second, program: 1500 * time.Millisecond, memory: 100 << 20}}
	b.results.backlogs = []backlogged{{mirror: 8 * time.Second, program: 2 * time.Second}, {mirror: 20 * time.Second, program: 2 * time.Second, durable: true}}
	b.results.relays = []relayed{{memory: 3 * time.Second, postgres: 4 * time.Second, resident: 90 << 20}}
	b.results.lags = []lagged{{rate: 499, p50: 5 * time.Millisecond, p99: 20 * time.Millisecond, worst: time.Second, probes: 10}}
	if err := b.report(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"**2.50 million rows/s**, 0.040 allocations/row", "| 2.50 million | 0.040 | 40 MB |", "**1.50 ×**", "**100 MB**", "**4.00 ×**", "| 10.00 × its speed", "**0.75 ×** its rate", "| 3.00 s | 4.00 s | 200 | 0.75 | 90 MB |", "median **5.0 ms**", "| 499 | 10 | 5.0 ms | 20.0 ms | 1000.0 ms |"} {
		if !strings.Contains(out.String(), part) {
			t.Errorf("the report does not show %s:\n%s", part, out.String())
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
