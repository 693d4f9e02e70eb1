package singleflight

import "sync"

// maxSizes bounds the keys whose last size is remembered.
const maxSizes = 4096

// sizes guesses what a load will take.
type sizes[K comparable] struct {
	mu      sync.Mutex
	last    map[K]int64
	typical int64 // for other keys: near the largest of the latest
}

func newSizes[K comparable](room int64) *sizes[K] {
	return &sizes[K]{last: map[K]int64{}, typical: max(1, room/8)}
}

// guess returns how many bytes a load of key will take, at least 1.
func (s *sizes[K]) guess(key K) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n, ok := s.last[key]; ok {
		return max(1, n)
	}
	return max(1, s.typical)
}

// learn notes the size of a value. Where there are too many keys any other one is
// forgotten. A large value is remembered at once, and smaller ones make it fade
// by a 16th each: to reserve too little costs memory, too much only time.
func (s *sizes[K]) learn(key K, size int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.last[key]; !ok {
		for other := range s.last {
			if len(s.last) < maxSizes {
				break
			}
			delete(s.last, other)
		}
	}
	s.last[key] = size
	s.typical = max(size, s.typical-(s.typical+15)/16)
}
