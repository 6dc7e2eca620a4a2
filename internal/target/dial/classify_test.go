package dial_test

import (
	"context"
	"errors"
	"io"
	"testing"

	"pgchameleon/internal/fault"
	"pgchameleon/internal/target/dial"
	"pgchameleon/internal/testserver"
)

func TestRefusalsOfALiveSession(t *testing.T) {
	s := testserver.Shared(t, testserver.Target)
	c := config(s)
	c.Database = s.Database(t, "classify")
	s.Exec(t, c.Database, "CREATE TABLE a (id int PRIMARY KEY, b int NOT NULL)", "INSERT INTO a VALUES (1, 1)", "CREATE ROLE classify_nobody LOGIN")
	t.Cleanup(func() { s.Exec(t, "", "DROP ROLE classify_nobody") })
	conn := connect(t, c)
	locker := connect(t, c)
	tx, err := locker.Begin(t.Context())
	must(t, err)
	defer func() { _ = tx.Rollback(context.Background()) }()
	_, err = tx.Exec(t.Context(), "SELECT * FROM a FOR UPDATE")
	must(t, err)
	for _, example := range []struct {
		sql  string
		kind fault.Kind
	}{
		{"INSERT INTO a VALUES (1, 1)", fault.Data},
		{"INSERT INTO a VALUES (2, NULL)", fault.Data},
		{"INSERT INTO a VALUES (99999999999, 1)", fault.Data},
		{"SELECT 'x'::int", fault.Data},
		{"SELECT * FROM nothing", fault.Data},
		{"SELEKT", fault.Data},
		{"SELECT 1/0", fault.Data},
		{"CREATE TABLE x (a int) PARTITION BY RANGE (a, a, missing)", fault.Data},
		{"SELECT 1 FROM a FOR UPDATE NOWAIT", fault.Retry},
		{"SET ROLE classify_nobody; SELECT * FROM a", fault.Environment},
	} {
		_, err := conn.PgConn().Exec(t.Context(), example.sql).ReadAll()
		if got := fault.KindOf(dial.Classify(err)); err == nil || got != example.kind {
			t.Errorf("%s: %v is %v, want %v", example.sql, err, got, example.kind)
		}
	}
	_, err = conn.Exec(t.Context(), "RESET ROLE")
	must(t, err)
	err = dial.InTx(t.Context(), conn, func(tx dial.Tx) error {
		_, err := tx.Exec(t.Context(), "INSERT INTO a VALUES (1, 1)")
		return err
	})
	if fault.KindOf(err) != fault.Data || dial.Code(err) != "23505" {
		t.Errorf("a transaction that is refused gives %v", err)
	}
}

func TestLostSessionsAreTriedAgain(t *testing.T) {
	s := testserver.Private(t, testserver.Target)
	conn := connect(t, config(s))
	s.Exec(t, "", "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'pg_chameleon'")
	_, err := conn.Exec(t.Context(), "SELECT 1")
	if fault.KindOf(dial.Classify(err)) != fault.Retry {
		t.Errorf("a session that was ended gives %v", err)
	}
	if _, err = conn.Exec(t.Context(), "SELECT 1"); fault.KindOf(dial.Classify(err)) != fault.Retry {
		t.Errorf("a session that is gone gives %v", err)
	}

	conn = connect(t, config(s))
	done := make(chan error, 1)
	go func() {
		_, err := conn.Exec(t.Context(), "SELECT pg_sleep(60)")
		done <- err
	}()
	for s.Query(t, "", "SELECT count(*) FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(60)' AND state = 'active'")[0][0] != "1" {
		if t.Context().Err() != nil {
			return
		}
	}
	s.Kill(t)
	if err := <-done; fault.KindOf(dial.Classify(err)) != fault.Retry {
		t.Errorf("a server that was killed gives %v", err)
	}
	s.Start(t)
	connect(t, config(s))
}

func TestWhatIsNotClassified(t *testing.T) {
	if dial.Classify(nil) != nil {
		t.Error("no error became one")
	}
	for _, err := range []error{context.Canceled, errors.New("something")} {
		if got := dial.Classify(err); !errors.Is(got, err) || fault.KindOf(got) != fault.Bug {
			t.Errorf("%v became %v (%v)", err, got, fault.KindOf(got))
		}
	}
	if known := fault.New(fault.Config, "", "known"); dial.Classify(known) != known {
		t.Error("a classified error was changed")
	}
	if got := dial.Classify(io.ErrUnexpectedEOF); fault.KindOf(got) != fault.Retry {
		t.Errorf("the end of a stream is %v", fault.KindOf(got))
	}
}
