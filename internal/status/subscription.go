package status

// Subscription is how PostgreSQL's own logical replication goes on with a source that was copied.
type Subscription struct {
	Steps []Instruction
}

// Instruction is one step for a person: where the lines belong, and what they are.
type Instruction struct {
	Where string
	Lines []string // SQL, or comments behind two dashes
}
