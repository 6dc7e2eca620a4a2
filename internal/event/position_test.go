package event

import "testing"

func TestPositionsSurviveTheCatalogue(t *testing.T) {
	for _, p := range []Position{
		{},
		{Flavor: MariaDB, Server: "7", File: "binlog.000001", Offset: 4, GTIDs: "0-1-100,1-2-3"},
		{Flavor: MySQL, Server: "3e11fa47-71ca-11e1-9e33-c80aa9429562", File: "a b.000009", Offset: 1 << 40, GTIDs: "3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5:tag:7"},
	} {
		got, err := DecodePosition(p.Encode())
		if err != nil || got != p {
			t.Errorf("%+v came back as %+v, %v", p, got, err)
		}
	}
	if _, err := DecodePosition("binlog.000001:4"); err == nil {
		t.Error("a text that is no position was read")
	}
}
