package httpflight

import (
	"compress/gzip"
	"context"
	"net/http"
	"strings"
)

// minEncoded is the size from which a body is worth compressing.
const minEncoded = 1 << 10

// encode fills s with the gzip form of the plain answer, which is a flight of
// its own: those who take it plain and those who take it compressed cause one
// load together.
func (h *Handler) encode(ctx context.Context, s *stream, r *http.Request) error {
	key := s.key
	key.encodings = ""
	f, err := h.join(ctx, r, key)
	if err != nil {
		return err
	}
	defer f.leave()
	s.silence.Stop() // the plain flight has a limit of its own
	if err := f.awaitHead(ctx); err != nil {
		return err
	}
	if !f.mayUse(r) {
		s.settle(&head{ruling: ruling{nobody: true, vary: f.stream.head.vary}, header: http.Header{}})
		return nil
	}
	plain := f.stream.head
	s.made = f.age
	if !worthEncoding(plain) {
		s.settle(plain)
		return f.each(ctx, s.append)
	}
	s.settle(encoded(plain))
	w := gzip.NewWriter(encodedBody{s})
	if err := f.each(ctx, func(data []byte, last bool) error { return compress(w, s, f, data, last) }); err != nil {
		return err
	}
	return s.finish()
}

// compress writes a chunk, and lets nothing wait in the encoder while there is
// nothing else to do.
func compress(w *gzip.Writer, s *stream, f *follower, data []byte, last bool) error {
	if _, err := w.Write(data); err != nil {
		return err
	}
	if last {
		return w.Close()
	}
	if f.at.HasGrown() {
		return nil
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return s.flush()
}

// each calls do with every chunk.
func (f *follower) each(ctx context.Context, do func(data []byte, last bool) error) error {
	for {
		if err := do(f.at.Data, f.at.Last); err != nil {
			return err
		}
		f.hasTaken(len(f.at.Data))
		if f.at.Last {
			return nil
		}
		if err := f.next(ctx); err != nil {
			return err
		}
	}
}

// append publishes bytes that never change, without copying them.
func (s *stream) append(data []byte, last bool) error {
	s.buf, s.sent = data, 0
	defer func() { s.buf = nil }()
	if len(data) == 0 && !last {
		return nil
	}
	if !s.crossed.Load() && !s.reserve(int64(len(data))) {
		s.cross()
	}
	return s.publish(last)
}

type encodedBody struct{ stream *stream }

func (b encodedBody) Write(p []byte) (int, error) { return b.stream.write(p) }

func worthEncoding(hd *head) bool {
	media, _, _ := strings.Cut(hd.header.Get("Content-Type"), ";")
	media = strings.ToLower(strings.TrimSpace(media))
	text := strings.HasPrefix(media, "text/") || strings.HasSuffix(media, "json") || strings.HasSuffix(media, "xml") ||
		strings.HasSuffix(media, "javascript") || media == "application/wasm"
	return hd.share && hd.status == http.StatusOK && text && (hd.length < 0 || hd.length >= minEncoded) &&
		hd.header.Get("Content-Encoding") == "" && !parseDirectives(hd.header).noTransform
}

// encoded returns the headers of the compressed form. Its tag is a weak one: the
// bytes are not those of the plain form.
func encoded(plain *head) *head {
	hd := *plain
	hd.header, hd.length = plain.header.Clone(), -1
	hd.header.Set("Content-Encoding", "gzip")
	hd.header.Set("Accept-Ranges", "none")
	if tag := hd.header.Get("Etag"); tag != "" && !strings.HasPrefix(tag, "W/") {
		hd.header.Set("Etag", "W/"+tag)
	}
	return &hd
}
