package bench

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"text/template"
	"time"

	"pgchameleon/internal/testserver/launch"
)

//go:embed report.md.tmpl
var reportText string

//go:embed growth.md.tmpl
var growthText string

// report writes the report on the cases measured so far, of so many: to its file if all are
// measured, else to Out.
func (b *bench) report(ctx context.Context, sheets []*sheet, cases int) error {
	text, err := b.render(ctx, sheets, cases)
	if err != nil {
		return err
	}
	if b.Docs == "" || b.Cases != "" {
		_, err := b.Out.Write(text)
		return err
	}
	file := filepath.Join(b.Docs, map[bool]string{false: "benchmarks.md", true: "benchmarks-growth.md"}[b.Growth])
	if err := os.WriteFile(file, text, 0o644); err != nil { // #nosec G306 -- a document
		return fmt.Errorf("writing the report: %w", err)
	}
	if len(sheets) == cases {
		b.say("written to %s after %s", file, time.Since(b.began).Round(time.Second))
	}
	return nil
}

func (b *bench) render(ctx context.Context, sheets []*sheet, cases int) ([]byte, error) {
	facts, err := b.facts(ctx)
	if err != nil {
		return nil, err
	}
	if facts["Missing"] = ""; len(sheets) < cases {
		facts["Missing"] = fmt.Sprintf("The run was cut off: %d of %d cases were measured.", len(sheets), cases)
	}
	var summaries [][]string
	var rounds, pictures []string
	for _, s := range sheets {
		summaries = append(summaries, s.summary())
		rounds = append(rounds, strings.TrimSpace(s.table()+"\n\n"+s.further))
		if s.picture != "" {
			pictures = append(pictures, s.picture)
		}
	}
	facts["Summaries"], facts["Rounds"], facts["Pictures"], facts["Samples"] = summaries, rounds, pictures, samples
	text := reportText
	if b.Growth {
		text = growthText
	}
	tmpl, err := template.New("report").Parse(text)
	if err != nil {
		return nil, fmt.Errorf("reading the report's template: %w", err)
	}
	var out bytes.Buffer
	if err := tmpl.Execute(&out, facts); err != nil {
		return nil, fmt.Errorf("writing the report: %w", err)
	}
	return out.Bytes(), nil
}

// table shows all rounds; what no round has got is left out.
func (s *sheet) table() string {
	lines := make([]string, 2+len(s.rounds))
	for i, c := range s.columns {
		if math.IsNaN(s.figure(i)) {
			continue
		}
		lines[0] += "| " + c.head + " "
		lines[1] += "|---"
		for n, round := range s.rounds {
			lines[2+n] += "| " + c.text(round[i]) + " "
		}
	}
	if lines[0] == "" {
		return "`" + s.name + "`: no round was finished"
	}
	return "`" + s.name + "`\n\n" + strings.Join(lines, "|\n") + "|"
}

// facts are what the template shows besides the figures.
func (b *bench) facts(ctx context.Context) (map[string]any, error) {
	facts := map[string]any{
		"Date": time.Now().UTC().Format("2006-01-02"), "Machine": machine(), "Commit": version(ctx, b.Bin), "Pgloader": pgloaderVersion(ctx),
		"SourceOptions": strings.Join(sourceOptions, " "), "TargetOptions": strings.Join(targetOptions, " "), "MirrorOptions": strings.Join(mirrorOptions, " "),
		"Scaled": "",
	}
	if b.Scale != 1 {
		facts["Scaled"] = fmt.Sprintf("This run was %g × as large as it is meant to be: read nothing into its figures.", b.Scale)
	}
	for name, server := range map[string]*launch.Server{"Source": b.source, "Target": b.target} {
		conn, err := server.Connect(ctx, "")
		if err != nil {
			return nil, err
		}
		version, err := conn.Query(ctx, "SELECT version()")
		if err := errors.Join(err, conn.Close()); err != nil {
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

// version is that of the program that was measured, as it tells.
func version(ctx context.Context, bin string) string {
	out, err := exec.CommandContext(ctx, bin, "version").Output() // #nosec G204 -- that is what is measured
	if err != nil {
		return "of the program is not known"
	}
	return strings.TrimPrefix(firstLine(string(out)), "chameleon ")
}

// pgloaderVersion is that of the machine's pgloader.
func pgloaderVersion(ctx context.Context) string {
	bin, err := exec.LookPath("pgloader")
	if err != nil {
		return "not found on this machine"
	}
	out, err := exec.CommandContext(ctx, bin, "--version").Output() // #nosec G204 -- found on the machine
	if err != nil {
		return "of a version that it does not tell"
	}
	return strings.Trim(strings.TrimPrefix(firstLine(string(out)), "pgloader version "), "\"")
}
