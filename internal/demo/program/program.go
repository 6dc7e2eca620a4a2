// Package program owns driving the built program as a user does: its home and
// configuration file, its commands, and waiting for what they bring about. It
// does not own the servers, nor anything the program could be asked from
// inside.
package program

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
	"syscall"
	"text/template"
	"time"

	"pgchameleon/internal/testserver/launch"
)

// Source is the name of the one source in the configuration.
const Source = "shop"

//go:embed default.yml.tmpl
var configuration string

// Program is the built program with a home of its own.
type Program struct {
	Bin      string // path of bin/chameleon
	Home     string // its CHAMELEON_HOME
	Settings Settings
}

// Settings are what the configuration file says.
type Settings struct {
	Source, Target               *launch.Server
	SourceUser, SourcePassword   string
	TargetUser, TargetPassword   string
	TargetDatabase               string
	FromDatabase, ToSchema       string
	SourceName, PIDDir, LogDir   string
	Extra                        string // further keys of the source, indented by four
	SourcePort, TargetPort       int
	SourceAddress, TargetAddress string
}

// New gives the program a configuration file in the folder home.
func New(ctx context.Context, bin, home string, s Settings) (*Program, error) {
	if _, err := os.Stat(bin); err != nil {
		return nil, fmt.Errorf("looking for the built program: %w (make build)", err)
	}
	s.SourceName = Source
	s.PIDDir, s.LogDir = filepath.Join(home, "pid"), filepath.Join(home, "logs")
	s.SourcePort, s.TargetPort = s.Source.Port, s.Target.Port
	s.SourceAddress, s.TargetAddress = s.Source.Host, s.Target.Host
	p := &Program{Bin: bin, Home: home, Settings: s}
	if _, err := p.Run(ctx, "set_configuration_files"); err != nil {
		return nil, err
	}
	tmpl, err := template.New("default.yml").Parse(configuration)
	if err != nil {
		return nil, fmt.Errorf("reading the template of the configuration: %w", err)
	}
	var text bytes.Buffer
	if err := tmpl.Execute(&text, s); err != nil {
		return nil, fmt.Errorf("filling in the configuration: %w", err)
	}
	file := filepath.Join(home, "configuration", "default.yml")
	if err := os.WriteFile(file, text.Bytes(), 0o600); err != nil {
		return nil, fmt.Errorf("writing the configuration: %w", err)
	}
	return p, nil
}

// Run runs a command to its end and gives what it printed.
func (p *Program) Run(ctx context.Context, args ...string) (string, error) {
	var out, complaints bytes.Buffer
	cmd := p.Command(ctx, args...)
	cmd.Stdout, cmd.Stderr = &out, &complaints
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("running chameleon %s: %w\n%s%s", strings.Join(args, " "), err, out.String(), complaints.String())
	}
	return out.String(), nil
}

// Show runs a command with its output on this process's own.
func (p *Program) Show(ctx context.Context, args ...string) error {
	cmd := p.Command(ctx, args...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("running chameleon %s: %w", strings.Join(args, " "), err)
	}
	return nil
}

// Command prepares a command. When ctx ends it is asked to stop, and killed if
// it has not after 15 s.
func (p *Program) Command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, p.Bin, args...)
	cmd.Env = append(os.Environ(), "CHAMELEON_HOME="+p.Home)
	cmd.Cancel = func() error {
		if err := cmd.Process.Signal(syscall.SIGTERM); !errors.Is(err, os.ErrProcessDone) {
			return err
		}
		return nil
	}
	cmd.WaitDelay = 15 * time.Second
	return cmd
}

// LogTail gives the last lines of the newest log, for when something went wrong.
func (p *Program) LogTail(lines int) string {
	files, err := filepath.Glob(filepath.Join(p.Settings.LogDir, "*"))
	if err != nil || len(files) == 0 {
		return ""
	}
	newest := files[0]
	for _, file := range files {
		if age(file) < age(newest) {
			newest = file
		}
	}
	text, err := os.ReadFile(newest)
	if err != nil {
		return ""
	}
	all := strings.Split(strings.TrimSpace(string(text)), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}

func age(file string) time.Duration {
	info, err := os.Stat(file)
	if err != nil {
		return time.Duration(1<<63 - 1)
	}
	return time.Since(info.ModTime())
}
