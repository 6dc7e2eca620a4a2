package config

import (
	"slices"
	"time"

	"pgchameleon/internal/mapping"
	sourcedial "pgchameleon/internal/source/dial"
	targetdial "pgchameleon/internal/target/dial"
)

// Conn is what pg_conn and db_conn have in common.
type Conn struct {
	Host         string
	Port         uint16
	User         string
	PasswordEnv  string
	PasswordFile string

	SSLMode     string
	SSLRootCert string
	SSLCert     string
	SSLKey      string

	ConnectTimeout Duration

	password Secret
	place    string // file:line of the connection
}

// Dial gives the connection to the source, with its password.
func (s *Source) Dial() (sourcedial.Config, error) {
	password, err := s.Conn.Password(s.config.env)
	if err != nil {
		return sourcedial.Config{}, err
	}
	return sourcedial.Config{
		Host: s.Conn.Host, Port: s.Conn.Port, User: s.Conn.User, Password: password.Reveal(),
		SSLMode: sourcedial.SSLMode(s.Conn.SSLMode), RootCert: s.Conn.SSLRootCert, Cert: s.Conn.SSLCert, Key: s.Conn.SSLKey,
		ConnectTimeout: time.Duration(s.Conn.ConnectTimeout), NetReadTimeout: time.Duration(s.NetReadTimeout),
	}, nil
}

// Dial gives the connection to the target, with its password; source is named
// in the session's application name and may be empty.
func (c *Config) Dial(source string) (targetdial.Config, error) {
	password, err := c.Target.Password(c.env)
	if err != nil {
		return targetdial.Config{}, err
	}
	t := c.Target
	return targetdial.Config{
		Host: t.Host, Port: t.Port, User: t.User, Password: password.Reveal(), Database: t.Database,
		SSLMode: t.SSLMode, RootCert: t.SSLRootCert, Cert: t.SSLCert, Key: t.SSLKey,
		ConnectTimeout: time.Duration(t.ConnectTimeout), Source: source,
	}, nil
}

// Rules gives the source's mapping rules. What the servers decide (extensions
// of the target, how the source compares names) is for the caller to add. The key of masks
// is looked up where they need it.
func (s *Source) Rules() (mapping.Rules, error) {
	masks, key, err := s.masks()
	if err != nil {
		return mapping.Rules{}, err
	}
	values := s.config.ValueRules
	rules := mapping.Rules{
		Schemas: make(map[string]string, len(s.Mappings)), Limit: s.LimitTables, Skip: s.SkipTables, Masks: masks, MaskKey: key, Collates: s.Collations,
		DDL:    slices.Concat(s.config.DDLPolicy, s.DDLPolicy),
		Values: slices.Concat(values.General, values.ByType, values.ByColumn), KeepOriginals: values.KeepOriginals,
	}
	for _, pair := range s.Mappings {
		rules.Schemas[pair.From] = pair.To
	}
	for _, o := range s.config.TypeOverrides {
		rules.Overrides = append(rules.Overrides, mapping.Override{Type: o.Type, To: o.To, Tables: o.Tables, Columns: o.Columns})
	}
	return rules, nil
}

// Fillfactor gives the fillfactor of a table, by its names (schema.table) on the
// source and in PostgreSQL; 0 means PostgreSQL's own. The last entry that names
// the table wins; one for all tables ("*") is for those that none names.
func (c *Config) Fillfactor(names ...string) int {
	general, own := 0, 0
	for _, f := range c.Fillfactors {
		for _, pattern := range f.Tables {
			switch {
			case pattern == "*":
				general = f.Percent
			case slices.ContainsFunc(names, func(name string) bool { return mapping.Match(pattern, name) }):
				own = f.Percent
			}
		}
	}
	if own != 0 {
		return own
	}
	return general
}
