package bench

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"text/template"
	"time"

	"pgchameleon/internal/bench/load"
	"pgchameleon/internal/bench/meter"
)

//go:embed pgloader.load.tmpl
var pgloaderText string

// pgloader copies a set, if it is found on the machine, and gives the seconds. What it
// cannot do within some time is told, and counts as not measured: it is the yardstick, not what is measured.
func (b *bench) pgloader(ctx context.Context, set load.Set, patience time.Duration) (float64, meter.Usage, error) {
	bin, err := exec.LookPath("pgloader")
	if err != nil {
		return none, meter.Usage{}, nil
	}
	const database = "pgloader"
	if err := b.admin(ctx, "DROP DATABASE IF EXISTS "+database, "CREATE DATABASE "+database); err != nil {
		return none, meter.Usage{}, err
	}
	tmpl, err := template.New("pgloader").Parse(pgloaderText)
	if err != nil {
		return none, meter.Usage{}, fmt.Errorf("reading pgloader's template: %w", err)
	}
	var text strings.Builder
	if err := tmpl.Execute(&text, map[string]any{"Source": b.source, "Target": b.target, "From": set.Database(), "To": database}); err != nil {
		return none, meter.Usage{}, fmt.Errorf("filling in pgloader's template: %w", err)
	}
	folder := filepath.Join(b.home.Dir, database)
	file := filepath.Join(folder, set.Name+".load")
	if err := errors.Join(os.MkdirAll(folder, 0o700), os.WriteFile(file, []byte(text.String()), 0o600)); err != nil {
		return none, meter.Usage{}, fmt.Errorf("writing pgloader's commands: %w", err)
	}
	if err := b.calm(ctx, b.source); err != nil {
		return none, meter.Usage{}, err
	}
	limited, cancel := context.WithTimeout(ctx, patience) // it may hang
	defer cancel()
	cmd := exec.CommandContext(limited, bin, "--no-ssl-cert-verification", "--root-dir", folder, file) // #nosec G204 -- found on the machine
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	began := time.Now()
	watched, err := meter.Start(cmd)
	if err != nil {
		return none, meter.Usage{}, fmt.Errorf("starting pgloader: %w", err)
	}
	usage, err := watched.Wait()
	took := time.Since(began).Seconds()
	if err == nil {
		err = set.Compare(ctx, b.source, b.target, database)
	}
	if err != nil {
		if ctx.Err() != nil {
			return none, meter.Usage{}, err
		}
		b.say("  pgloader has not copied %s: %v\n%s", set.Name, err, tail(out.String()))
		took = none
	}
	return took, usage, b.admin(ctx, "DROP DATABASE "+database+" WITH (FORCE)", "CHECKPOINT")
}

// tail is the last lines of a text.
func tail(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[max(0, len(lines)-10):], "\n")
}
