package typemap

// Completed is Row for the image after an update that leaves out columns: they are as in
// the image before. Those that neither has are ErrAbsent.
func (d *RowDecoder) Completed(dst []byte, before, after Image, notes []Notes) (out []byte, used int, err error) {
	old := make([][]byte, len(d.cells))
	if _, err := d.walk(before, func(i int, value []byte) error { old[i] = value; return nil }); err != nil {
		return dst, 0, err
	}
	now := make([][]byte, len(d.cells))
	if used, err = d.walk(after, func(i int, value []byte) error { now[i] = value; return nil }); err != nil {
		return dst, 0, err
	}
	present := make([]byte, (len(d.cells)+7)/8)
	var nulls, values []byte
	seen := 0
	for i := range d.cells {
		bit := byte(1) << (i & 7)
		value := now[i]
		switch {
		case after.Present[i>>3]&bit != 0:
		case before.Present[i>>3]&bit != 0:
			value = old[i]
		default:
			continue
		}
		present[i>>3] |= bit
		if seen&7 == 0 {
			nulls = append(nulls, 0)
		}
		if value == nil {
			nulls[seen>>3] |= 1 << (seen & 7)
		}
		values = append(values, value...)
		seen++
	}
	out, _, err = d.Row(dst, present, append(nulls, values...), notes)
	return out, used, err
}
