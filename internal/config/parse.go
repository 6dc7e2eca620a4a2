package config

import (
	"path/filepath"
	"time"
)

// newConfig gives a configuration with the documented defaults.
func newConfig(home string, env func(string) string) *Config {
	return &Config{
		PIDDir:      filepath.Join(home, folderPID),
		LogDir:      filepath.Join(home, folderLogs),
		LogDest:     "file",
		LogLevel:    "info",
		LogFormat:   "text",
		LogDaysKeep: 10,
		Target:      Target{Conn: Conn{SSLMode: "prefer", ConnectTimeout: Duration(10 * time.Second)}},
		ValueRules:  ValueRules{KeepOriginals: mostOriginals},
		Messages:    newMessages(),
		env:         env,
	}
}

// Parse reads the text of a configuration file; path names it in messages.
// All that is wrong is in the one error, a line for each, with file, line and column.
func Parse(path string, text []byte, home string, env func(string) string) (*Config, error) {
	c := newConfig(home, env)
	c.Path = path
	d := &decoder{path: path, folder: filepath.Dir(path), home: env("HOME"), config: c}
	if folder, err := filepath.Abs(d.folder); err == nil {
		d.folder = folder // a daemon may work elsewhere
	}
	root := tree(text, d.fail)
	if err := d.err(); err != nil {
		return nil, err
	}
	d.dictionary(root, "", c.fields())
	if conn := root.entry("pg_conn"); conn != nil {
		c.Target.check(d, conn)
	}
	c.checkMaskKey(d, root)
	c.Messages.check(d, root)
	if err := d.err(); err != nil {
		return nil, err
	}
	return c, nil
}
