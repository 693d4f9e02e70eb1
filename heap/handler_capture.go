package heap

import (
	"context"
	"io"
	"net/http"
	"path"

	"github.com/govitals/govitals/internal/gate"
)

// serveCapture serves a file of a capture, of this process or of the one before.
func (h *handler) serveCapture(w http.ResponseWriter, r *http.Request, q query) {
	h.Serve(w, r, gate.Page{
		Key: q.key(), ContentType: captureType(q.capture), Filename: path.Base(q.capture),
		Render: func(_ context.Context, w io.Writer) error {
			file, err := h.openCapture(q.capture)
			if err != nil {
				return err
			}
			defer file.Close()
			_, err = io.Copy(w, file)
			return err
		},
	})
}

func (h *handler) openCapture(id string) (io.ReadCloser, error) {
	if h.config.Recorder == nil {
		return nil, missing("there are no captures: set HandlerConfig.Recorder, or vitals.Config.CaptureDir")
	}
	return h.config.Recorder.Open(id)
}

func captureType(id string) string {
	switch path.Ext(id) {
	case ".json":
		return contentTypes["json"]
	case ".md":
		return contentTypes["md"]
	}
	return contentTypes["pprof"]
}
