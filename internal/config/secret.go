package config

import (
	"log/slog"
	"os"
	"strings"

	"pgchameleon/internal/fault"
)

// Secret is a password: it prints as stars, wherever it is printed. The text
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

// Password gives the connection's password from where the configuration says
// that it is; "" if there is none.
func (c *Conn) Password(env func(string) string) (Secret, error) {
	switch {
	case c.PasswordEnv != "":
		value := env(c.PasswordEnv)
		if value == "" {
			return Secret{}, fault.New(fault.Config, "export it before you run chameleon, or correct the key",
				"%s: password_env names the environment variable %s, which is not set", c.place, c.PasswordEnv)
		}
		return NewSecret(value), nil
	case c.PasswordFile != "":
		text, err := os.ReadFile(c.PasswordFile)
		if err != nil {
			return Secret{}, fault.New(fault.Config, "correct the path, or its permissions", "%s: password_file: %w", c.place, err)
		}
		return NewSecret(strings.TrimRight(string(text), "\r\n")), nil
	}
	return c.password, nil
}

// PasswordSource says where the password comes from, for people.
func (c *Conn) PasswordSource() string {
	switch {
	case c.PasswordEnv != "":
		return "from the environment variable " + c.PasswordEnv
	case c.PasswordFile != "":
		return "from the file " + c.PasswordFile
	}
	return c.password.String()
}
