package bench

// growth are the cases of `make bench-growth`.
func (b *bench) growth() []testCase { return nil }
