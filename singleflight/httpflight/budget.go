package httpflight

import "sync/atomic"

// budget is a number of bytes that may be taken.
type budget struct {
	most int64
	used atomic.Int64
}

// take takes bytes, or none if there are too few.
func (b *budget) take(bytes int64) bool {
	if b.used.Add(bytes) > b.most {
		b.used.Add(-bytes)
		return false
	}
	return true
}

func (b *budget) give(bytes int64) { b.used.Add(-bytes) }
