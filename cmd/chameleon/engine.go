package main

import (
	"log/slog"
	"time"

	"pgchameleon/internal/cli"
	"pgchameleon/internal/config"
	"pgchameleon/internal/pipeline"
)

// engine turns a configuration into the engine that does its commands. Only the
// named source's password is looked up; with "", none is.
func engine(c *config.Config, source string, log *slog.Logger) (cli.Engine, error) {
	target, err := c.Dial(source)
	if err != nil {
		return nil, err
	}
	var specs []pipeline.Spec
	for _, s := range c.Sources {
		if s.Name != source {
			continue
		}
		mysql, err := s.Dial()
		if err != nil {
			return nil, err
		}
		specs = append(specs, pipeline.Spec{
			Name: s.Name, MySQL: mysql, Postgres: target, Rules: s.Rules(), ServerID: s.ServerID,
			Threads: s.CopyThreads, ExitOnError: s.OnErrorReplay == "exit", KeepExisting: s.KeepExistingSchema,
			Grants: s.GrantSelectTo, LockTimeout: time.Duration(s.LockTimeout), Fillfactor: c.Fillfactor,
		})
	}
	return pipeline.NewEngine(target, specs, log), nil
}
