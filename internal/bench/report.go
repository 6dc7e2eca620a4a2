package bench

import (
	"bytes"
	"context"
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"text/template"
	"time"

	"pgchameleon/internal/bench/decoding"
	"pgchameleon/internal/bench/load"
	"pgchameleon/internal/testserver/launch"
)

//go:embed report.md.tmpl
var reportText string

// results are all rounds of all measurements.
type results struct {
	decodes  []decoding.Result
	copies   []copied
	backlogs []backlogged
	relays   []relayed
	lags     []lagged
}

// median of some figure of the rounds.
func median[T any](rounds []T, figure func(T) float64) float64 {
	figures := make([]float64, 0, len(rounds))
	for _, round := range rounds {
		figures = append(figures, figure(round))
	}
	slices.Sort(figures)
	if len(figures) == 0 {
		return 0
	}
	if len(figures)%2 == 0 {
		return (figures[len(figures)/2-1] + figures[len(figures)/2]) / 2
	}
	return figures[len(figures)/2]
}

// report writes docs/benchmarks.md.
func (b *bench) report(ctx context.Context) error {
	facts, err := b.facts(ctx)
	if err != nil {
		return err
	}
	tmpl, err := template.New("report").Parse(reportText)
	if err != nil {
		return fmt.Errorf("reading the report's template: %w", err)
	}
	var text bytes.Buffer
	if err := tmpl.Execute(&text, facts); err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	if b.Report == "" || b.Only != "" {
		_, err := b.Out.Write(text.Bytes())
		return err
	}
	if err := os.WriteFile(b.Report, text.Bytes(), 0o644); err != nil { // #nosec G306 -- a document
		return fmt.Errorf("writing the report: %w", err)
	}
	b.say("written to %s", b.Report)
	return nil
}

// facts are what the template shows.
func (b *bench) facts(ctx context.Context) (map[string]any, error) {
	loose := slices.DeleteFunc(slices.Clone(b.results.backlogs), func(r backlogged) bool { return r.durable })
	durable := slices.DeleteFunc(slices.Clone(b.results.backlogs), func(r backlogged) bool { return !r.durable })
	seconds := func(d time.Duration) string { return fmt.Sprintf("%.2f s", d.Seconds()) }
	var decodes, copies, backlogs, relays, lags [][]string
	for _, r := range b.results.decodes {
		decodes = append(decodes, []string{fmt.Sprintf("%.2f million", r.Rate/1e6), fmt.Sprintf("%.3f", r.Allocs), fmt.Sprintf("%d MB", r.Bytes>>20)})
	}
	for _, r := range b.results.copies {
		copies = append(copies, []string{seconds(r.pipe), seconds(r.program), fmt.Sprintf("%.2f", r.program.Seconds()/r.pipe.Seconds()), fmt.Sprintf("%d MB", r.memory>>20)})
	}
	for _, r := range b.results.backlogs {
		flush := map[bool]string{true: "at each commit", false: "each second"}[r.durable]
		backlogs = append(backlogs, []string{flush, seconds(r.mirror), seconds(r.program), fmt.Sprintf("%.0f", b.changes()/r.program.Seconds()),
			fmt.Sprintf("%.2f", r.mirror.Seconds()/r.program.Seconds()), fmt.Sprintf("%d MB", r.memory>>20)})
	}
	for _, r := range b.results.relays {
		relays = append(relays, []string{seconds(r.memory), seconds(r.postgres), fmt.Sprintf("%.0f", b.changes()/r.postgres.Seconds()), fmt.Sprintf("%.2f", r.share()), fmt.Sprintf("%d MB", r.resident>>20)})
	}
	for _, r := range b.results.lags {
		lags = append(lags, []string{fmt.Sprintf("%.0f", r.rate), fmt.Sprint(r.probes), milliseconds(r.p50), milliseconds(r.p99), milliseconds(r.worst)})
	}
	facts := map[string]any{
		"Decodes": decodes, "DecodedRows": decodedRows,
		"DecodeRate":   fmt.Sprintf("%.2f", median(b.results.decodes, func(r decoding.Result) float64 { return r.Rate / 1e6 })),
		"DecodeAllocs": fmt.Sprintf("%.3f", median(b.results.decodes, func(r decoding.Result) float64 { return r.Allocs })),
		"Copies":       copies, "Backlogs": backlogs, "Relays": relays, "Lags": lags,
		"RelayShare":   fmt.Sprintf("%.2f", median(b.results.relays, relayed.share)),
		"RelayChanges": fmt.Sprintf("%.0f", median(b.results.relays, func(r relayed) float64 { return b.changes() / r.postgres.Seconds() })),
		"CopyRatio":    fmt.Sprintf("%.2f", median(b.results.copies, func(r copied) float64 { return r.program.Seconds() / r.pipe.Seconds() })),
		"CopyMemory":   fmt.Sprintf("%.0f", median(b.results.copies, func(r copied) float64 { return float64(r.memory) / (1 << 20) })),
		"CopyRate":     fmt.Sprintf("%.0f", median(b.results.copies, func(r copied) float64 { return float64(load.Tables*b.Rows) / r.program.Seconds() })),
		"Ratio":        fmt.Sprintf("%.2f", median(loose, func(r backlogged) float64 { return r.mirror.Seconds() / r.program.Seconds() })),
		"DurableRatio": fmt.Sprintf("%.2f", median(durable, func(r backlogged) float64 { return r.mirror.Seconds() / r.program.Seconds() })),
		"Changes":      fmt.Sprintf("%.0f", median(b.results.backlogs, func(r backlogged) float64 { return b.changes() / r.program.Seconds() })),
		"P50":          fmt.Sprintf("%.1f", median(b.results.lags, func(r lagged) float64 { return r.p50.Seconds() * 1000 })),
		"P99":          fmt.Sprintf("%.1f", median(b.results.lags, func(r lagged) float64 { return r.p99.Seconds() * 1000 })),
		"Tables":       load.Tables, "Rows": b.Rows, "Transactions": b.Transactions, "Rate": b.Rate, "Steady": b.Steady,
		"Total": b.Transactions * load.Changes, "Date": time.Now().UTC().Format("2006-01-02"), "Machine": machine(), "Commit": commit(ctx, b.Bin),
		"SourceOptions": strings.Join(sourceOptions, " "), "TargetOptions": strings.Join(targetOptions, " "), "MirrorOptions": strings.Join(mirrorOptions, " "),
	}
	for name, server := range map[string]*launch.Server{"Source": b.source, "Target": b.target} {
		conn, err := server.Connect(ctx, "")
		if err != nil {
			return nil, err
		}
		version, err := conn.Query(ctx, "SELECT version()")
		_ = conn.Close()
		if err != nil {
			return nil, err
		}
		facts[name], _, _ = strings.Cut(version[0][0], " on ")
	}
	return facts, nil
}

// machine tells what this ran on.
func machine() string {
	model := runtime.GOARCH
	if text, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		for line := range strings.Lines(string(text)) {
			if name, value, found := strings.Cut(line, ":"); found && strings.TrimSpace(name) == "model name" {
				model = strings.TrimSpace(value)
				break
			}
		}
	}
	memory := ""
	if text, err := os.ReadFile("/proc/meminfo"); err == nil {
		var kilobytes int
		if _, err := fmt.Sscanf(string(text), "MemTotal: %d kB", &kilobytes); err == nil {
			memory = fmt.Sprintf(", %d GB", (kilobytes+1<<19)>>20)
		}
	}
	return fmt.Sprintf("%d cores (%s)%s, %s/%s, %s", runtime.NumCPU(), model, memory, runtime.GOOS, runtime.GOARCH, runtime.Version())
}

// commit names the version that was measured.
func commit(ctx context.Context, bin string) string {
	out, err := exec.CommandContext(ctx, "git", "-C", filepath.Dir(bin), "describe", "--tags", "--always", "--dirty").Output()
	if err != nil {
		return "dev"
	}
	return strings.TrimSpace(string(out))
}
