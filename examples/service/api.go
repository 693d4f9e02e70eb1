package main

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
)

// maxBody bounds the JSON of one order.
const maxBody = 64 << 10

// api returns the routes of the service.
func (a *app) api() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("PUT /orders/{id}", a.placed(a.putOrder))
	mux.HandleFunc("GET /orders/{id}", a.placed(a.getOrder))
	mux.HandleFunc("DELETE /orders/{id}", a.placed(a.deleteOrder))
	mux.HandleFunc("GET /report", a.getReport)
	return mux
}

// placed lets as many requests into the store as there are places.
func (a *app) placed(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := a.places.take(r.Context()); err != nil {
			http.Error(w, "the store is busy: "+err.Error(), http.StatusServiceUnavailable)
			return
		}
		if a.trouble.forgetsPlace(r) {
			// At the end all the same. The server does not see who has left while a body
			// is unread, and would wait for those who wait for a place.
			context.AfterFunc(a.trouble.unpaid, a.places.give)
		} else {
			defer a.places.give()
		}
		next(w, r)
	}
}

// putOrder stores an order and queues its invoice.
func (a *app) putOrder(w http.ResponseWriter, r *http.Request) {
	var o order
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody)).Decode(&o); err != nil {
		http.Error(w, "the order is not valid JSON: "+err.Error(), http.StatusBadRequest)
		return
	}
	o.ID = r.PathValue("id")
	if err := a.store.put(o); err != nil {
		http.Error(w, err.Error(), http.StatusInsufficientStorage)
		return
	}
	a.trouble.ordered(o)
	if !a.printer.enqueue(o) {
		w.Header().Set("Retry-After", "1")
		http.Error(w, "the invoice queue is full", http.StatusServiceUnavailable)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (a *app) getOrder(w http.ResponseWriter, r *http.Request) {
	o, err := a.store.get(r.PathValue("id"))
	if errors.Is(err, errNoOrder) {
		http.Error(w, err.Error(), http.StatusNotFound)
		return
	}
	writeJSON(w, o)
}

func (a *app) deleteOrder(w http.ResponseWriter, r *http.Request) {
	a.store.remove(r.PathValue("id"))
	w.WriteHeader(http.StatusNoContent)
}

func (a *app) getReport(w http.ResponseWriter, _ *http.Request) {
	a.trouble.dawdle()
	writeJSON(w, a.report.latest())
}

func writeJSON(w http.ResponseWriter, value any) {
	w.Header().Set("Content-Type", "application/json")
	// The status is out already; an error here means that the client left.
	_ = json.NewEncoder(w).Encode(value)
}
