package copier

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"

	"pgchameleon/internal/fault"
)

// stagedName is how staged files are named, with 32 random digits in place of the *.
const stagedName = "chameleon-*.copy"

// staged writes all that from gives into a file of its own below a folder, and gives it back from its
// beginning. The file is readable by this user alone and has a name that cannot be guessed, for a moment only:
// it loses it before anything is written, so that the system frees it when it is closed, even by a crash.
func staged(ctx context.Context, folder string, from io.Reader) (*os.File, error) {
	file, err := nameless(folder)
	if err != nil {
		return nil, fault.New(fault.Environment, "check out_dir in the configuration and who may write there", "making a staged file: %w", err)
	}
	to := bufio.NewWriterSize(file, 256<<10)
	_, err = io.Copy(to, reading{ctx, from})
	if err == nil {
		err = to.Flush()
	}
	if err == nil {
		_, err = file.Seek(0, io.SeekStart)
	}
	if err == nil {
		return file, nil
	}
	_ = file.Close()
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		err = fault.New(fault.Environment, "make room there, or name another folder in out_dir", "the folder %s is full: %w", folder, err)
	}
	return nil, err
}

// nameless makes a file that has lost its name.
func nameless(folder string) (*os.File, error) {
	random := make([]byte, 16)
	_, _ = rand.Read(random) // it never fails
	name := filepath.Join(folder, "chameleon-"+hex.EncodeToString(random)+".copy")
	file, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL|syscall.O_NOFOLLOW, 0o600) // #nosec G304 -- the name is ours
	if err != nil {
		return nil, err
	}
	if err := os.Remove(name); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

// readyStage makes the folder for staged files, and takes away what a crash between a file's making and the
// loss of its name has left, which is empty.
func readyStage(folder string) error {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return fault.New(fault.Environment, "name another folder in out_dir, or let this user make it", "making the folder for staged files: %w", err)
	}
	left, err := filepath.Glob(filepath.Join(folder, stagedName))
	if err != nil {
		return fmt.Errorf("looking for staged files: %w", err)
	}
	for _, name := range left {
		if info, err := os.Lstat(name); err == nil && info.Mode().IsRegular() && info.Size() == 0 {
			_ = os.Remove(name) // it may be another user's, or just have gone
		}
	}
	return nil
}

// reading ends with its context.
type reading struct {
	ctx  context.Context
	from io.Reader
}

func (r reading) Read(p []byte) (int, error) {
	if r.ctx.Err() != nil {
		return 0, context.Cause(r.ctx)
	}
	return r.from.Read(p)
}
