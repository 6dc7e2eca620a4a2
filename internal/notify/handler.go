package notify

import (
	"context"
	"log/slog"
	"slices"
)

// Handler passes log lines on, and tells those that are events.
type Handler struct {
	next  slog.Handler
	to    *Sender
	attrs []slog.Attr
}

// NewHandler gives a handler before another one.
func NewHandler(next slog.Handler, to *Sender) *Handler { return &Handler{next: next, to: to} }

// Enabled lets all pass that may be events.
func (h *Handler) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelInfo || h.next.Enabled(ctx, level)
}

// Handle tells an event, and passes the line on if it is to be logged.
func (h *Handler) Handle(ctx context.Context, line slog.Record) error {
	name := ""
	details := slices.Clone(h.attrs)
	line.Attrs(func(a slog.Attr) bool {
		if a.Key == Key {
			name = a.Value.String()
		}
		details = append(details, a)
		return true
	})
	if name != "" {
		h.to.Tell(Event{Name: name, Message: line.Message, Time: line.Time, Details: details})
	}
	if !h.next.Enabled(ctx, line.Level) {
		return nil
	}
	return h.next.Handle(ctx, line)
}

// WithAttrs gives a handler for lines with attributes.
func (h *Handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &Handler{next: h.next.WithAttrs(attrs), to: h.to, attrs: slices.Concat(h.attrs, attrs)}
}

// WithGroup gives a handler for lines whose attributes are in a group; an event's are told without.
func (h *Handler) WithGroup(name string) slog.Handler {
	return &Handler{next: h.next.WithGroup(name), to: h.to, attrs: h.attrs}
}
