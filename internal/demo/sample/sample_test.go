package sample_test

import (
	"testing"

	"pgchameleon/internal/demo/sample"
	"pgchameleon/internal/testserver"
)

func TestMain(m *testing.M) { testserver.Main(m) }

func TestShopLoads(t *testing.T) {
	source := testserver.Private(t, testserver.Source)
	conn, err := source.Connect(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := sample.Load(t.Context(), conn); err != nil {
		t.Fatal(err)
	}
	rows := source.Query(t, sample.Database, "SELECT (SELECT COUNT(*) FROM customers), (SELECT COUNT(*) FROM order_items), (SELECT COUNT(*) - COUNT(DISTINCT at) FROM visits)")
	if rows[0][0] != "30000" || rows[0][1] != "125000" || rows[0][2] == "0" {
		t.Errorf("the sample holds %v", rows[0])
	}
}
