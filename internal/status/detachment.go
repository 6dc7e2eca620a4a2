package status

// DetachWish says how a source is to be detached.
type DetachWish struct {
	DryRun     bool // only the plan
	SkipVerify bool // the two sides are not compared
	Force      bool // also where tables are not up to date, the sides differ, or the source is still written to
}

// Detachment is what detaching a source does, or has done.
type Detachment struct {
	Source   string       `json:"source"`
	Position string       `json:"position"` // all of the source before it is in the tables
	Planned  bool         `json:"planned"`  // nothing was done
	Detached bool         `json:"detached"` // the source is forgotten
	Compared string       `json:"compared"` // what came of comparing both sides
	Warnings []string     `json:"warnings,omitempty"`
	Steps    []DetachStep `json:"steps"`
}

// DetachStep is a part of a detachment.
type DetachStep struct {
	Number     int      `json:"step"`
	Kind       string   `json:"kind"`
	Object     string   `json:"object"`
	Statements []string `json:"statements,omitempty"`
	State      string   `json:"state"` // waiting, done, failed, left_out
	Note       string   `json:"note,omitempty"`
}

// Count tells how many steps are in a state.
func (d *Detachment) Count(state string) (n int) {
	for i := range d.Steps {
		if d.Steps[i].State == state {
			n++
		}
	}
	return n
}
