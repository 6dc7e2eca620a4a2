// Package config owns the configuration: where its files are, how pg_chameleon's
// YAML is read into plain structs, what every key means, and the errors that
// point at a line of it. It does not own what the program does with the values,
// nor flags.
package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"pgchameleon/internal/fault"
	"pgchameleon/internal/mapping"
)

// Config is one configuration file.
type Config struct {
	Name string // the name that log files carry
	Path string

	PIDDir      string
	LogDir      string
	LogDest     string // file or stdout
	LogLevel    string // debug, info, warning or error
	LogFormat   string // text or json
	LogDaysKeep int
	Messages    Messages

	Target        Target
	Sources       []*Source // in the order of the file
	TypeOverrides []TypeOverride
	ValueRules    ValueRules
	Fillfactors   []Fillfactor
	DDLPolicy     []mapping.DDLPolicy // in ascending order of precedence

	Notes []Note // keys that are accepted and not followed, and the like

	maskKey origin // of masks that hash
	env     func(string) string
}

// Target is pg_conn.
type Target struct {
	Conn
	Database string
}

// Source is one entry of sources.
type Source struct {
	Name string
	Type string // mysql or pgsql
	Conn Conn

	Database string // of a source of type pgsql
	Slot     string // replication_slot; "": none

	Mappings      []Pair // source database and PostgreSQL schema, in the order of the file
	LimitTables   []string
	SkipTables    []string
	SkipEvents    SkipEvents
	GrantSelectTo []string
	Masks         []mapping.Masking // in the order of the file; hashes without their key
	Collations    []mapping.Collating
	DDLPolicy     []mapping.DDLPolicy // in ascending order of precedence; before that of the file

	ServerID           uint32   // our id as a replica of the server; 0: a random one
	LockTimeout        Duration // of PostgreSQL, for the swap
	NetReadTimeout     Duration
	CopyMaxMemory      Size
	CopyThreads        int
	ApplyThreads       int
	OnErrorReplay      string // continue or exit
	SchemaChange       string // online_schema_change: in_place or replicate
	Refill             string // auto or manual
	Relay              string // memory or postgres
	RelayMaxDisk       Size
	BatchRetention     Duration // how long the relay in PostgreSQL keeps what was replayed; 0: not at all
	KeepExistingSchema bool
	AutoMaintenance    Duration // how often; 0: never
	CopyMode           string   // direct or file
	OutDir             string   // of copy_mode file
	OnErrorRead        string   // retry, continue or exit

	line   int
	config *Config
}

// Pair is one entry of schema_mappings.
type Pair struct{ From, To string }

// SkipEvents lists the databases and tables (database.table) whose inserts,
// updates or deletes are not replicated.
type SkipEvents struct{ Insert, Update, Delete []string }

// Fillfactor is one entry of fillfactor; Tables may hold "*".
type Fillfactor struct {
	Percent int
	Tables  []string
}

// Note tells something about a line of the file that is no error.
type Note struct {
	Line int    `json:"line"`
	Key  string `json:"key"`
	Text string `json:"text"`
}

// Find gives the path and the name of the configuration that a user names: a
// file if the text has a slash or ends in .yml or .yaml, or else
// configuration/NAME.yml below home.
func Find(home, name string) (path, short string) {
	extension := filepath.Ext(name)
	if strings.ContainsRune(name, filepath.Separator) || extension == ".yml" || extension == ".yaml" {
		return name, strings.TrimSuffix(filepath.Base(name), extension)
	}
	return filepath.Join(home, folderConfiguration, name+".yml"), name
}

// Load reads the configuration that a user names. home is what Home gives, env
// looks up environment variables.
func Load(home, name string, env func(string) string) (*Config, error) {
	path, short := Find(home, name)
	text, err := os.ReadFile(path) // #nosec G304 -- the user names the file
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fault.New(fault.Config, missingHint(home, path), "there is no configuration file %s", path)
	case err != nil:
		return nil, fault.New(fault.Config, "make it a file that this user may read", "reading the configuration: %w", err)
	}
	c, err := Parse(path, text, home, env)
	if err != nil {
		return nil, err
	}
	c.Name = short
	if info, err := os.Stat(path); err == nil && info.Mode().Perm()&0o077 != 0 && c.secrets() != "" {
		c.note(0, "", "other users of this machine may read the %s in %s (chmod 600 it, or use the keys that end in _file or _env)", c.secrets(), path)
	}
	return c, nil
}

func missingHint(home, path string) string {
	folder := filepath.Join(home, folderConfiguration)
	if filepath.Dir(path) != folder {
		return "correct --config: it is a path, or a name below " + folder
	}
	known, _ := filepath.Glob(filepath.Join(folder, "*.yml"))
	var names []string
	for _, file := range known {
		if name := strings.TrimSuffix(filepath.Base(file), ".yml"); name != "config-example" {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return "run chameleon set_configuration_files, then edit " + filepath.Join(folder, "default.yml")
	}
	return "--config takes one of: " + strings.Join(names, ", ")
}

// Source finds a source.
func (c *Config) Source(name string) (*Source, error) {
	var names []string
	for _, s := range c.Sources {
		if s.Name != name {
			names = append(names, s.Name)
			continue
		}
		return s, nil
	}
	hint := "the sources are: " + strings.Join(names, ", ")
	if near := Nearest(name, names); near != "" {
		hint = fmt.Sprintf("did you mean %s? %s", near, hint)
	}
	return nil, fault.New(fault.Config, hint, "%s has no source %q", c.Path, name)
}

func (c *Config) note(line int, key, format string, args ...any) {
	c.Notes = append(c.Notes, Note{Line: line, Key: key, Text: fmt.Sprintf(format, args...)})
}

// secrets names what of the file's text is secret.
func (c *Config) secrets() string {
	held := !c.Target.password.Empty()
	for _, s := range c.Sources {
		held = held || !s.Conn.password.Empty()
	}
	switch {
	case held:
		return "passwords"
	case !c.maskKey.text.Empty():
		return "mask_key"
	case !c.Messages.rollbarKey.text.Empty():
		return "rollbar_key"
	case !c.Messages.webhook.text.Empty():
		return "webhook_url"
	}
	return ""
}
