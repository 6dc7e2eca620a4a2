// Package plot owns drawing small line plots, many to one SVG picture. It does not own
// what they show.
package plot

import (
	"encoding/xml"
	"fmt"
	"strings"
)

// Panel is one plot: points at even distances, drawn above zero.
type Panel struct {
	Title  string
	Points []float64
	Show   func(float64) string // of a value
	From   string               // label of the first point
	To     string               // and of the last one
}

// Measures of a panel, in pixels.
const (
	width, height             = 320, 170
	left, top, right, bottom  = 14, 34, 14, 24
	across                    = 3
	plotWidth, plotHeight     = width - left - right, height - top - bottom
	line, axis, text, letters = "#2563a8", "#999999", "#333333", "font-family=\"sans-serif\" font-size=\"11\""
)

// SVG draws the panels, three side by side.
func SVG(panels []Panel) []byte {
	var out strings.Builder
	rows := (len(panels) + across - 1) / across
	fmt.Fprintf(&out, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\" %s>\n",
		across*width, rows*height, across*width, rows*height, letters)
	fmt.Fprintf(&out, "<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>\n")
	for i, panel := range panels {
		fmt.Fprintf(&out, "<g transform=\"translate(%d %d)\">\n", i%across*width, i/across*height)
		panel.draw(&out)
		out.WriteString("</g>\n")
	}
	out.WriteString("</svg>\n")
	return []byte(out.String())
}

func (p Panel) draw(out *strings.Builder) {
	label := func(x, y int, anchor, words string) {
		fmt.Fprintf(out, "<text x=\"%d\" y=\"%d\" text-anchor=\"%s\" fill=\"%s\">%s</text>\n", x, y, anchor, text, escape(words))
	}
	base := height - bottom
	label(left, 16, "start", p.Title)
	fmt.Fprintf(out, "<path d=\"M%d %dH%d\" stroke=\"%s\" fill=\"none\"/>\n", left, base, width-right, axis)
	label(left, height-8, "start", p.From)
	label(width-right, height-8, "end", p.To)
	if len(p.Points) == 0 {
		return
	}
	highest := 0.0
	for _, value := range p.Points {
		highest = max(highest, value)
	}
	fmt.Fprintf(out, "<path d=\"M%d %dH%d\" stroke=\"%s\" stroke-dasharray=\"2 3\" fill=\"none\"/>\n", left, top, width-right, axis)
	label(width-right, top-5, "end", "most: "+p.Show(highest))
	var points []string
	for i, value := range p.Points {
		x, y := float64(left), float64(base)
		if len(p.Points) > 1 {
			x += float64(plotWidth*i) / float64(len(p.Points)-1)
		}
		if highest > 0 {
			y -= plotHeight * value / highest
		}
		points = append(points, fmt.Sprintf("%.1f,%.1f", x, y))
	}
	fmt.Fprintf(out, "<polyline points=\"%s\" stroke=\"%s\" stroke-width=\"1.5\" fill=\"none\"/>\n", strings.Join(points, " "), line)
}

func escape(words string) string {
	var out strings.Builder
	_ = xml.EscapeText(&out, []byte(words)) // a Builder takes all
	return out.String()
}
