package main

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
)

// order is what customers send.
type order struct {
	ID       string   `json:"id"`
	Customer string   `json:"customer"`
	Cents    int      `json:"cents"`
	Lines    []string `json:"lines"`
}

// maxOrders bounds the store.
const maxOrders = 10_000

var (
	errNoOrder   = errors.New("there is no such order")
	errStoreFull = fmt.Errorf("the store is full: it holds at most %d orders", maxOrders)
)

// store holds orders in memory.
type store struct {
	mu     sync.RWMutex
	orders map[string]order
}

func newStore() *store { return &store{orders: map[string]order{}} }

func (s *store) put(o order) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, known := s.orders[o.ID]; !known && len(s.orders) >= maxOrders {
		return errStoreFull
	}
	s.orders[o.ID] = o
	return nil
}

func (s *store) get(id string) (order, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	o, known := s.orders[id]
	if !known {
		return order{}, errNoOrder
	}
	return o, nil
}

func (s *store) remove(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.orders, id)
}

func (s *store) all() []order {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return slices.Collect(maps.Values(s.orders))
}

func (s *store) len() int {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return len(s.orders)
}
