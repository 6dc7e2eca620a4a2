package catalogue

import (
	"context"
	_ "embed"
	"time"

	"github.com/jackc/pgx/v5"

	"pgchameleon/internal/event"
)

//go:embed sql/summaries.sql
var summariesSQL string

// Summary is what show_status tells of a source, as of one moment.
type Summary struct {
	Source
	Now        time.Time // the target's clock
	Consistent bool      // copied, and no table is being copied or catching up

	Read     event.Position
	LastRead time.Time     // when the source committed what was read last; zero: never
	ReadLag  time.Duration // how far the reading is behind; 0 when it has all
	Current  bool
	Beat     time.Time // when the process last said that it is alive; zero: never
	Note     string
	Relay    Relay
	Resting  bool // replay is paused, and nothing is in hand any more

	LastReplayed time.Time     // when the source committed what was applied last; zero: never
	ReplayedAt   time.Time     // when that was applied
	ReplayLag    time.Duration // how far the applying is behind the reading
	Counters     Counters

	Tables    map[State]int64 // number of tables by state
	Errors    int64           // lines of the error log
	Discarded int64           // rows
}

// Summaries gives the summary of every source by name, in one round trip.
func Summaries(ctx context.Context, db DB) ([]Summary, error) {
	if err := current(ctx, db); err != nil {
		return nil, err
	}
	rows, err := db.Query(ctx, summariesSQL)
	if err != nil {
		return nil, reading("reading the status", err)
	}
	list, err := pgx.CollectRows(rows, scanSummary)
	return list, reading("reading the status", err)
}

func scanSummary(row pgx.CollectableRow) (Summary, error) {
	var s Summary
	var applied, read string
	var led, lastRead, beat, lastReplayed, replayedAt *time.Time
	err := row.Scan(&s.ID, &s.Name, &s.Type, &s.Schemas, &s.Status, &s.Paused, &s.Maintenance, &s.Host, &s.PID, &led, &s.Epoch,
		&s.Now, &read, &lastRead, &s.Current, &beat, &s.Note,
		&s.Relay.Form, &s.Relay.Transactions, &s.Relay.Bytes, &s.Relay.Limit, &s.Relay.Full, &s.Resting,
		&applied, &lastReplayed, &replayedAt,
		&s.Counters.Transactions, &s.Counters.Inserted, &s.Counters.Updated, &s.Counters.Deleted, &s.Counters.Missing, &s.Counters.DDL, &s.Counters.Skipped,
		&s.Tables, &s.Errors, &s.Discarded)
	if err != nil {
		return s, err
	}
	s.Led, s.LastRead, s.Beat, s.LastReplayed, s.ReplayedAt = instant(led), instant(lastRead), instant(beat), instant(lastReplayed), instant(replayedAt)
	if s.Applied, err = event.DecodePosition(applied); err != nil {
		return s, err
	}
	if s.Read, err = event.DecodePosition(read); err != nil {
		return s, err
	}
	s.Consistent = !s.Applied.IsZero() && s.Tables[Copying]+s.Tables[Loaded]+s.Tables[CatchingUp] == 0
	if s.Type == PgSQL {
		s.Consistent = s.Tables[Copied] > 0
	}
	s.lags()
	return s, nil
}

// quiet is how old the last word of a process may be and still tell of now.
const quiet = 10 * time.Second

// lags computes both lags from what is known. Times of the source's clock are
// only compared with one another where that is enough. The process tells about
// once a second where it stands: it is compared with the time of its telling,
// as long as it tells.
func (s *Summary) lags() {
	now := s.Now
	if now.Sub(s.Beat) < quiet {
		now = s.Beat
	}
	if !s.Current && !s.LastRead.IsZero() {
		s.ReadLag = max(0, now.Sub(s.LastRead))
	}
	if !s.LastRead.IsZero() && !s.LastReplayed.IsZero() && s.Read != s.Applied {
		s.ReplayLag = max(0, s.LastRead.Sub(s.LastReplayed))
	}
}
