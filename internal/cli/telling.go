package cli

import (
	"log/slog"
	"os"
	"os/signal"
	"runtime"
	"syscall"
)

// telling lets SIGUSR1 have a line written to the log that says what the process uses, until stop is called.
func telling(log *slog.Logger, source string) (stop func()) {
	asked, end := make(chan os.Signal, 1), make(chan struct{})
	signal.Notify(asked, syscall.SIGUSR1)
	go func() {
		for {
			select {
			case <-end:
				return
			case <-asked:
				var memory runtime.MemStats
				runtime.ReadMemStats(&memory)
				log.Info("this process", "source", source, "pid", os.Getpid(), "goroutines", runtime.NumGoroutine(),
					"heap_bytes", memory.HeapAlloc, "memory_bytes", memory.Sys-memory.HeapReleased, "collections", memory.NumGC)
			}
		}
	}()
	return func() {
		signal.Stop(asked)
		close(end)
	}
}
