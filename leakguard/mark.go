package leakguard

// Moment is a point in the life of the process, made by [Mark]. It holds the id
// of each goroutine that there was: 8 bytes each.
type Moment struct {
	before  *census
	created uint64
	err     error // why the goroutines could not be looked at
}

// Mark returns the moment that is now, for [Since].
//
//	mark := leakguard.Mark()
//	…
//	report := leakguard.Find(leakguard.Since(mark))
//
// It looks at all goroutines, which stops the world for 4 to 30 µs for each of
// them, unless none was started since the look before; then it takes less than
// a microsecond.
func Mark() *Moment {
	return markNow(func() bool { return false })
}

// moved reports whether a goroutine was started since.
func (m *Moment) moved() bool {
	_, created := readGoroutines()
	return created != m.created || m.err != nil
}

// Since limits a check to the goroutines that were started after a moment. It
// takes the place of the beginning of the check.
func Since(m *Moment) Option {
	return optionFunc(func(s *settings) {
		if m == nil || m.before == nil && m.err == nil {
			s.problem("Since was given no moment: use what Mark returned")
			return
		}
		s.since = m
	})
}
