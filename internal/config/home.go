package config

import (
	_ "embed"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"pgchameleon/internal/fault"
)

const (
	folderConfiguration = "configuration"
	folderLogs          = "logs"
	folderPID           = "pid"
)

// example is the configuration to start from.
//
//go:embed config-example.yml
var example []byte

// Home gives the folder of all that is the user's: CHAMELEON_HOME, or else
// ~/.pg_chameleon. env looks up environment variables.
func Home(env func(string) string) (string, error) {
	if home := env("CHAMELEON_HOME"); home != "" {
		absolute, err := filepath.Abs(home)
		if err != nil {
			return "", fault.New(fault.Config, "set CHAMELEON_HOME to an absolute path", "finding the folder %s: %w", home, err)
		}
		return absolute, nil
	}
	if home := env("HOME"); home != "" {
		return filepath.Join(home, ".pg_chameleon"), nil
	}
	return "", fault.New(fault.Config, "set CHAMELEON_HOME to the folder that holds configuration, logs and pid files",
		"there is no home folder: HOME is not set")
}

// MakeHome creates the home folder and those inside, open to their owner alone.
func MakeHome(home string) error {
	for _, folder := range []string{home, filepath.Join(home, folderConfiguration), filepath.Join(home, folderLogs), filepath.Join(home, folderPID)} {
		if err := os.MkdirAll(folder, 0o700); err != nil {
			return fault.New(fault.Config, "set CHAMELEON_HOME to a folder that this user may write", "making the folder: %w", err)
		}
	}
	if info, err := os.Stat(home); err == nil && info.Mode().Perm() != 0o700 {
		if err := os.Chmod(home, 0o700); err != nil { // #nosec G302 -- a folder needs its x
			return fault.New(fault.Config, "let this user own the folder", "closing %s to other users: %w", home, err)
		}
	}
	return nil
}

// WriteExample writes config-example.yml anew, and default.yml from it if there
// is none. It gives the paths that it wrote.
func WriteExample(home string) ([]string, error) {
	folder := filepath.Join(home, folderConfiguration)
	sample := filepath.Join(folder, "config-example.yml")
	if err := os.WriteFile(sample, example, 0o600); err != nil {
		return nil, fault.New(fault.Config, "let this user write there", "writing the example: %w", err)
	}
	first := filepath.Join(folder, "default.yml")
	file, err := os.OpenFile(first, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) // #nosec G304 -- below home
	if errors.Is(err, fs.ErrExist) {
		return []string{sample}, nil
	}
	if err == nil {
		_, err = file.Write(example)
		err = errors.Join(err, file.Close())
	}
	if err != nil {
		return nil, fault.New(fault.Config, "let this user write there", "writing the first configuration: %w", err)
	}
	return []string{sample, first}, nil
}
