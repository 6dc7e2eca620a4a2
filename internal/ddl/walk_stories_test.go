package ddl_test

import (
	"testing"

	"pgchameleon/internal/testserver"
)

// walkStories are what random walks have found.
var walkStories = []story{
	{on: "maria", run: alter("ADD COLUMN c TINYINT NOT NULL DEFAULT -61 AFTER a, MODIFY c TIME", "ADD c2 INT, ALTER c2 SET DEFAULT 5", "ADD c3 INT DEFAULT 9, ADD c4 INT, MODIFY c3 VARCHAR(9) DEFAULT 'u' AFTER id",
		"ADD c5 INT DEFAULT 9 FIRST, MODIFY c5 TIME, ADD c6 INT AFTER c5", "ADD c7 INT, CHANGE C7 c7 VARCHAR(3), MODIFY c7 VARCHAR(5), ADD KEY (c7)")},
}

func TestWalkStories(t *testing.T) {
	for _, server := range []string{testserver.Source, "mysql-9.7"} {
		t.Run(server, func(t *testing.T) { newBench(t, server).tell(walkStories) })
	}
}
