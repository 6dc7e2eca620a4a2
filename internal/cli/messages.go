package cli

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"strings"
	"time"

	"pgchameleon/internal/config"
	"pgchameleon/internal/fault"
	"pgchameleon/internal/notify"
)

// messages starts the sending of events to where the configuration says; nil if that is nowhere.
func (a *App) messages(ctx context.Context, c *config.Config, source string, log *slog.Logger) (*notify.Sender, error) {
	options := notify.Options{
		RollbarURL: c.Messages.RollbarURL, Environment: c.Messages.RollbarEnv, Version: a.Version, Configuration: c.Name, Source: source, Log: log,
	}
	var err error
	if options.RollbarKey, err = c.RollbarKey(); err != nil {
		return nil, err
	}
	if options.WebhookURL, err = c.WebhookURL(); err != nil {
		return nil, err
	}
	if options.RollbarLevel, err = notify.ParseLevel(a.flags.rollbarLevel); err != nil {
		return nil, err
	}
	if options.WebhookLevel, err = notify.ParseLevel(c.Messages.WebhookLevel); err != nil {
		return nil, err
	}
	if options.Host, err = os.Hostname(); err != nil {
		options.Host = "unknown"
	}
	return notify.Start(ctx, options), nil
}

// told is what is told of the end of a long-running command.
type told struct {
	done, failed string // events; "": nothing is told
	message      string // of done
}

// tell tells how a command has ended. What the user did wrong at its start is for the user alone.
func (t told) tell(to *notify.Sender, task string, began bool, err error) {
	switch kind := fault.KindOf(err); {
	case errors.Is(err, errInterrupted):
	case err == nil && t.done != "":
		to.Tell(notify.Event{Name: t.done, Message: t.message, Time: time.Now()})
	case err != nil && t.failed != "" && (began || kind != fault.Config && kind != fault.State):
		text := strings.ReplaceAll(err.Error(), "\n", "; ")
		to.Tell(notify.Event{Name: t.failed, Message: task + " has ended with an error", Time: time.Now(), Details: []slog.Attr{
			slog.String("error", text), slog.String("kind", kind.String()), slog.String("hint", fault.HintOf(err)),
		}})
	}
}
