package httpflight

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/govitals/govitals/internal/flight"
)

// answer writes what f follows to its client: all of it, a part, or that the
// client has it already.
func (f *follower) answer(o *output, r *http.Request) {
	s, header := f.stream, o.w.Header()
	f.setHeaders(header)
	status, part := s.head.status, whole
	switch {
	case notModified(r, s.head):
		status = http.StatusNotModified
		for _, name := range [...]string{"Content-Type", "Content-Encoding", "Content-Range", "Accept-Ranges"} {
			header.Del(name)
		}
	case bodyAllowed(status):
		length := s.length()
		if status == http.StatusOK && length >= 0 && s.head.share {
			status, part = rangeOf(r, s.head, length)
			part.setHeaders(header, length)
		}
		if length = part.size(length); length >= 0 {
			header.Set("Content-Length", strconv.FormatInt(length, 10))
		}
	}
	o.w.WriteHeader(status)
	if r.Method == http.MethodHead || !bodyAllowed(status) || status == http.StatusRequestedRangeNotSatisfiable {
		return
	}
	if err := f.send(r.Context(), o, part); err != nil {
		f.report(r, err)
		panic(http.ErrAbortHandler)
	}
}

// setHeaders copies the headers of the answer. The slices of values are shared
// and have no room, so that whoever appends gets a copy.
func (f *follower) setHeaders(h http.Header) {
	hd := f.stream.head
	for name, values := range hd.header {
		switch name {
		case "Cache-Status", "Set-Cookie", "Vary": // what a middleware in front has said stays true
			h[name] = slices.Concat(h[name], values)
			continue
		}
		h[name] = values
	}
	if age := time.Since(hd.at); f.source == flight.Reused || age >= time.Second {
		h.Set("Age", strconv.FormatInt(int64((ageOf(hd.header)+age)/time.Second), 10))
	}
	h.Add("Cache-Status", f.stream.handler.config.Name+f.status())
}

// status says in the words of RFC 9211 where the answer came from.
func (f *follower) status() string {
	switch f.source {
	case flight.Reused:
		left := f.stream.reuse - f.age
		if f.stale == "" {
			return fmt.Sprintf("; hit; ttl=%d", max(0, left/time.Second))
		}
		how, detail, _ := strings.Cut(f.stale, "; ")
		return fmt.Sprintf("; %s; ttl=%.0f; %s", how, math.Floor(left.Seconds()), detail)
	case flight.Shared:
		return "; fwd=miss; collapsed"
	}
	return "; fwd=miss"
}

// send writes the part of the body to the client, as it grows.
func (f *follower) send(ctx context.Context, o *output, part span) error {
	f.setControl(o.control)
	defer f.setControl(nil)
	defer o.pause()
	for pos := int64(0); ; {
		data := part.cut(f.at.Data, pos)
		if err := o.write(f, data); err != nil {
			return err
		}
		pos += int64(len(f.at.Data))
		f.hasTaken(len(f.at.Data))
		if f.at.Last || pos >= part.end {
			return nil
		}
		if !f.at.HasGrown() {
			if pos > part.begin {
				_ = o.control.Flush() // what fails here fails at the next write
			}
			o.pause()
		}
		if err := f.next(ctx); err != nil {
			return err
		}
	}
}

func (f *follower) setControl(c *http.ResponseController) {
	f.stream.mu.Lock()
	defer f.stream.mu.Unlock()
	f.control = c
}

// notModified reports whether the client has the answer (RFC 9110, 13.2.2).
func notModified(r *http.Request, hd *head) bool {
	if hd.status != http.StatusOK {
		return false
	}
	if len(r.Header.Values("If-None-Match")) > 0 {
		tag := hd.header.Get("Etag")
		for candidate := range list(r.Header, "If-None-Match") {
			if candidate == "*" || tag != "" && strings.TrimPrefix(candidate, "W/") == strings.TrimPrefix(tag, "W/") {
				return true
			}
		}
		return false
	}
	since, err := http.ParseTime(r.Header.Get("If-Modified-Since"))
	if err != nil {
		return false
	}
	modified, err := http.ParseTime(hd.header.Get("Last-Modified"))
	return err == nil && !modified.After(since)
}
