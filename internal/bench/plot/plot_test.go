package plot

import (
	"encoding/xml"
	"fmt"
	"strings"
	"testing"
)

func TestPanelsAreDrawnToScale(t *testing.T) {
	show := func(f float64) string { return fmt.Sprint(f, " MB") }
	picture := SVG([]Panel{{Title: "memory & more", Points: []float64{0, 5, 10}, Show: show, From: "0 min", To: "60 min"}, {Title: "nothing", Show: show},
		{Title: "one", Points: []float64{3}, Show: show}, {Title: "zero", Points: []float64{0, 0}, Show: show}})
	var parsed struct {
		Height int `xml:"height,attr"`
		Panels []struct {
			Texts []string `xml:"text"`
			Lines []struct {
				Points string `xml:"points,attr"`
			} `xml:"polyline"`
		} `xml:"g"`
	}
	if err := xml.Unmarshal(picture, &parsed); err != nil {
		t.Fatalf("%v\n%s", err, picture)
	}
	if len(parsed.Panels) != 4 || parsed.Height != 2*height {
		t.Fatalf("%+v", parsed)
	}
	for panel, want := range map[int]string{0: "14.0,146.0 160.0,90.0 306.0,34.0", 2: "14.0,34.0", 3: "14.0,146.0 306.0,146.0"} {
		if got := parsed.Panels[panel].Lines; len(got) != 1 || got[0].Points != want {
			t.Errorf("panel %d is drawn as %v, not %s", panel, got, want)
		}
	}
	if texts := strings.Join(parsed.Panels[0].Texts, "|"); texts != "memory & more|0 min|60 min|most: 10 MB" {
		t.Errorf("the labels are %s", texts)
	}
	if len(parsed.Panels[1].Lines) != 0 {
		t.Error("a panel without points has a line")
	}
}
