package config

import (
	"log/slog"
	"os"
	"strings"

	"pgchameleon/internal/fault"
)

// Secret is a password or a key: it prints as stars, wherever it is printed. The text
// is behind a pointer, because fmt asks no methods of fields that it may not touch.
type Secret struct{ text *string }

const stars = "********"

// NewSecret keeps a password.
func NewSecret(text string) Secret {
	if text == "" {
		return Secret{}
	}
	return Secret{&text}
}

// Empty says that there is no password.
func (s Secret) Empty() bool { return s.text == nil }

// String hides it.
func (s Secret) String() string {
	if s.Empty() {
		return ""
	}
	return stars
}

// GoString hides it from %#v.
func (s Secret) GoString() string { return s.String() }

// MarshalText hides it from JSON and YAML.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// LogValue hides it from logs.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// Reveal gives the password itself.
func (s Secret) Reveal() string {
	if s.Empty() {
		return ""
	}
	return *s.text
}

// origin says where a secret is: in the configuration, or else in an environment
// variable or a file.
type origin struct {
	text           Secret
	variable, file string
	name           string // the key of text; with _env and _file behind it those of the others
	place          string // file:line of the key
}

// find gives the secret; "" if there is none.
func (o origin) find(env func(string) string) (Secret, error) {
	switch {
	case o.variable != "":
		value := env(o.variable)
		if value == "" {
			return Secret{}, fault.New(fault.Config, "export it before you run chameleon, or correct the key",
				"%s: %s_env names the environment variable %s, which is not set", o.place, o.name, o.variable)
		}
		return NewSecret(value), nil
	case o.file != "":
		text, err := os.ReadFile(o.file)
		if err != nil {
			return Secret{}, fault.New(fault.Config, "correct the path, or its permissions", "%s: %s_file: %w", o.place, o.name, err)
		}
		return NewSecret(strings.TrimRight(string(text), "\r\n")), nil
	}
	return o.text, nil
}

// String says where it comes from, for people.
func (o origin) String() string {
	switch {
	case o.variable != "":
		return "from the environment variable " + o.variable
	case o.file != "":
		return "from the file " + o.file
	}
	return o.text.String()
}

// Password gives the connection's password from where the configuration says
// that it is; "" if there is none.
func (c *Conn) Password(env func(string) string) (Secret, error) { return c.origin().find(env) }

// PasswordSource says where the password comes from, for people.
func (c *Conn) PasswordSource() string { return c.origin().String() }

func (c *Conn) origin() origin {
	return origin{c.password, c.PasswordEnv, c.PasswordFile, "password", c.place}
}
