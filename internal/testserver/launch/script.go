// Package launch owns the real database servers that tests, the demo and the
// benchmark run privately: it installs, starts, stops and cleans them up by
// scripts/servers.sh, and sends them SQL. It does not own what is tested on
// them, nor which test gets which server.
package launch

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
)

// Root finds the folder of this module: the nearest one above the working
// folder that holds go.mod and scripts/servers.sh, or the one that this file
// was compiled from.
func Root() (string, error) {
	var starts []string
	if folder, err := os.Getwd(); err == nil {
		starts = append(starts, folder)
	}
	if _, file, _, ok := runtime.Caller(0); ok {
		starts = append(starts, filepath.Dir(file))
	}
	for _, folder := range starts {
		for ; folder != filepath.Dir(folder); folder = filepath.Dir(folder) {
			if exists(filepath.Join(folder, "go.mod")) && exists(filepath.Join(folder, "scripts", "servers.sh")) {
				return folder, nil
			}
		}
	}
	return "", errors.New("scripts/servers.sh is not to be found: run this inside the module's folder")
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// Install fetches and unpacks the server of that name unless it is there.
func Install(ctx context.Context, name string) error {
	_, err := script(ctx, "install", name)
	return err
}

// script runs scripts/servers.sh and gives its standard output. What it says
// on standard error is part of the error.
func script(ctx context.Context, args ...string) (string, error) {
	root, err := Root()
	if err != nil {
		return "", err
	}
	var out, complaints bytes.Buffer
	cmd := exec.CommandContext(ctx, filepath.Join(root, "scripts", "servers.sh"), args...)
	cmd.Env = append(os.Environ(), cacheFolder()...)
	cmd.Stdout, cmd.Stderr = &out, &complaints
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("running servers.sh %s: %w: %s", args[0], err, strings.TrimSpace(complaints.String()))
	}
	return out.String(), nil
}

// cacheFolder moves the programs out of root's closed home folder where that
// is the only way to run them without root's rights: PostgreSQL and MySQL
// refuse to be root, and many containers forbid user namespaces.
var cacheFolder = sync.OnceValue(func() []string {
	if os.Geteuid() != 0 || os.Getenv("DB_CACHE") != "" {
		return nil
	}
	if exec.Command("unshare", "--user", "--map-user=65534", "true").Run() == nil {
		return nil
	}
	return []string{"DB_CACHE=/var/cache/dbservers"}
})
