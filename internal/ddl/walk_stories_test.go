package ddl_test

import (
	"testing"

	"pgchameleon/internal/testserver"
)

// walkStories are what random walks have found.
var walkStories = []story{
	{on: "maria", run: alter("ADD COLUMN c TINYINT NOT NULL DEFAULT -61 AFTER a, MODIFY c TIME", "ADD c2 INT, ALTER c2 SET DEFAULT 5", "ADD c3 INT DEFAULT 9, ADD c4 INT, MODIFY c3 VARCHAR(9) DEFAULT 'u' AFTER id",
		"ADD c5 INT DEFAULT 9 FIRST, MODIFY c5 TIME, ADD c6 INT AFTER c5", "ADD c7 INT, CHANGE C7 c7 VARCHAR(3), MODIFY c7 VARCHAR(5), ADD KEY (c7)")},

	// The default of a TIMESTAMP is stated in the session's time zone.
	{zone: "+05:30", run: []string{"CREATE TABLE w (id INT, c TIMESTAMP NULL DEFAULT '1999-12-31 00:00:00', f TIMESTAMP(3) NULL DEFAULT '2024-02-29 01:02:03.25')",
		"ALTER TABLE t ADD c TIMESTAMP NOT NULL DEFAULT '1999-12-31 00:00:00', ADD f TIMESTAMP(2) NULL DEFAULT '2024-03-01 01:02:03.25'", "ALTER TABLE t ALTER f SET DEFAULT '2020-02-02 02:02:02', ALTER c DROP DEFAULT"}},
	{zone: "SYSTEM", run: alter("ADD c TIMESTAMP NULL DEFAULT '1999-12-31 00:00:00'"), excluded: "time zone"},

	// What a statement states of its columns is converted with the rest.
	{run: alter("ADD c MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin FIRST, CONVERT TO CHARACTER SET latin1, ADD k VARBINARY(3), MODIFY b CHAR(20) CHARACTER SET utf8mb4 NOT NULL DEFAULT 'x', ADD e2 ENUM('x','y') CHARACTER SET utf8mb4")},

	// A BIT is a byte where text is asked for, and a number elsewhere.
	{setup: bits, run: alter("ADD g VARCHAR(9) CHARACTER SET latin1 AS (CONCAT(b, id)) STORED"), refilled: "byte"},
	{setup: bits, run: alter("ADD g VARCHAR(9) CHARACTER SET latin1 AS (CONCAT(IF(id > 1, b, NULL), id)) STORED"), refilled: "byte"},
	{setup: bits, run: alter("ADD g BIGINT AS (b + 1) STORED")},

	// An index that the server has made for a foreign key goes when another has its columns.
	{setup: []string{parent}, run: []string{child("c"), "CREATE TABLE d LIKE c", "ALTER TABLE c ADD INDEX n1 (p, q)", "ALTER TABLE d ADD INDEX n2 (p, q)"}},
	{setup: []string{parent}, run: []string{child("c"), "ALTER TABLE c RENAME INDEX f TO f4", "ALTER TABLE c ADD INDEX n3 (p, q)"}},
	{setup: []string{parent}, run: []string{child("c"), "ALTER TABLE c DROP FOREIGN KEY f", "RENAME TABLE c TO e", "ALTER TABLE e ADD INDEX n1 (p, q), ADD INDEX f (q)"}},
	{setup: []string{parent}, run: []string{child("c"), "ALTER TABLE c MODIFY p BIGINT, DROP FOREIGN KEY f", "CREATE UNIQUE INDEX n1 ON c (p)"}},
	{setup: []string{parent}, run: []string{child("c"), "ALTER TABLE c ADD CONSTRAINT f2 FOREIGN KEY (p) REFERENCES parent (id)", "ALTER TABLE c ADD INDEX n0 (q, p), ADD INDEX n1 (p DESC, q)", "ALTER TABLE c ADD INDEX n2 (p)"}},
	{on: "my", setup: []string{parent}, run: []string{child("c"), "CREATE INDEX n1 ON c (p, (q + 1))"}},
}

var bits = []string{"CREATE TABLE t (id INT PRIMARY KEY, b BIT(1))", "INSERT INTO t VALUES (1, b'1'), (2, b'0'), (3, NULL)"}

const parent = "CREATE TABLE parent (id INT PRIMARY KEY)"

func child(name string) string {
	return "CREATE TABLE " + name + " (id INT PRIMARY KEY, p INT, q INT, CONSTRAINT f FOREIGN KEY (p) REFERENCES parent (id))"
}

func TestWalkStories(t *testing.T) {
	for _, server := range []string{testserver.Source, "mysql-9.7"} {
		t.Run(server, func(t *testing.T) { newBench(t, server).tell(walkStories) })
	}
}
