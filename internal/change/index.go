package change

// Index is an index or a constraint to be built on a table that has its rows.
type Index struct {
	Name  string `json:"name"`
	SQL   string `json:"sql"`
	Key   bool   `json:"key,omitempty"`   // it is the key by which rows are found
	Delay bool   `json:"delay,omitempty"` // rows may break it until the table has caught up

	// A primary key may be built as an index too, beside others, and be made one afterwards. "" if it may not.
	Beside string `json:"-"`
	Adopt  string `json:"-"`
}

// Alone says that nobody else may do anything with the table while it is built.
func (i *Index) Alone() bool { return i.Key && i.Beside == "" }
