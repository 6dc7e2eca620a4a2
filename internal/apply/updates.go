package apply

import "pgchameleon/internal/change"

// Rows are grouped by the columns that they change, so that a large value that stays is
// not sent. Each group is a statement of its own.
const (
	mostGroups = 4
	leastGroup = 50 // rows: smaller groups are not worth a statement beside others
)

// updates are rows of a table that stay, grouped by the columns that change.
type updates struct {
	masks []uint64
	rows  [][]change.Row
}

func (u *updates) add(mask uint64, row change.Row) {
	for i, known := range u.masks {
		if known == mask {
			u.rows[i] = append(u.rows[i], row)
			return
		}
	}
	if len(u.masks) == mostGroups {
		u.masks[0] |= mask
		u.rows[0] = append(u.rows[0], row)
		return
	}
	u.masks, u.rows = append(u.masks, mask), append(u.rows, []change.Row{row})
}

// list gives the groups; the small ones are joined.
func (u *updates) list(s *shape) []change.Update {
	var list []change.Update
	var few change.Update
	var mask uint64
	for i, rows := range u.rows {
		if len(rows) < leastGroup {
			mask |= u.masks[i]
			few.Rows = append(few.Rows, rows...)
			continue
		}
		list = append(list, change.Update{Rows: rows, Changed: s.updated(u.masks[i])})
	}
	if len(few.Rows) > 0 {
		few.Changed = s.updated(mask)
		list = append(list, few)
	}
	return list
}
