package main

import (
	"log/slog"
	"time"

	"pgchameleon/internal/cli"
	"pgchameleon/internal/config"
	"pgchameleon/internal/event"
	"pgchameleon/internal/pipeline"
	"pgchameleon/internal/relay"
	sourcedial "pgchameleon/internal/source/dial"
	targetdial "pgchameleon/internal/target/dial"
)

// chunkBytes is about how much is copied in one transaction, if copy_max_memory
// does not ask for less.
const chunkBytes = 16 << 20

// engine turns a configuration into the engine that does its commands. Only the
// named source's password is looked up; with "", none is, with cli.AllSources all are.
func engine(c *config.Config, source string, log *slog.Logger) (cli.Engine, error) {
	target, err := c.Dial(source)
	if err != nil {
		return nil, err
	}
	var specs []pipeline.Spec
	for _, s := range c.Sources {
		if s.Name != source && source != cli.AllSources {
			continue
		}
		mysql, pgsql, err := origin(s)
		if err != nil {
			return nil, err
		}
		rules, err := s.Rules()
		if err != nil {
			return nil, err
		}
		specs = append(specs, pipeline.Spec{
			Name: s.Name, MySQL: mysql, PgSQL: pgsql, Slot: s.Slot, Postgres: target, Rules: rules, ServerID: s.ServerID,
			Threads: s.CopyThreads, ApplyThreads: s.ApplyThreads, ReplicateShadows: s.SchemaChange == "replicate", ExitOnError: s.OnErrorReplay == "exit", KeepExisting: s.KeepExistingSchema, ManualRefill: s.Refill == "manual",
			ChunkBytes: min(int64(s.CopyMaxMemory)/int64(max(s.CopyThreads, 1)), chunkBytes),
			SkipEvents: map[event.Action][]string{event.Insert: s.SkipEvents.Insert, event.Update: s.SkipEvents.Update, event.Delete: s.SkipEvents.Delete},
			Relay:      relay.Form(s.Relay), RelayDisk: int64(s.RelayMaxDisk), RelayRetention: time.Duration(s.BatchRetention),
			Grants: s.GrantSelectTo, LockTimeout: time.Duration(s.LockTimeout), Fillfactor: c.Fillfactor,
			OutDir: outDir(s), OnErrorRead: s.OnErrorRead, AutoMaintenance: time.Duration(s.AutoMaintenance),
		})
	}
	return pipeline.NewEngine(target, specs, log), nil
}

// origin gives the connection to a source, by its type.
func origin(s *config.Source) (mysql sourcedial.Config, pgsql *targetdial.Config, err error) {
	if !s.PgSQL() {
		mysql, err = s.Dial()
		return mysql, nil, err
	}
	c, err := s.DialPgSQL()
	return mysql, &c, err
}

// outDir is where a source's chunks are staged; "" for one whose rows stream from end to end.
func outDir(s *config.Source) string {
	if s.CopyMode != "file" {
		return ""
	}
	return s.OutDir
}
