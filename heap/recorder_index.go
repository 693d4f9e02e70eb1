package heap

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/govitals/govitals/internal/ringdir"
)

// Capture is one capture on disk, of this process or of another that wrote to
// the same directory, such as the one before the restart.
type Capture struct {
	// ID names the capture. It begins with the time.
	ID string
	// At is when it was taken.
	At time.Time
	// Kind is one of the constants that begin with Capture.
	Kind string
	// Reason is why it was taken, in the words of the file name.
	Reason string
	// PID is the process that wrote it; Own says that it was this Recorder.
	PID int
	Own bool
	// Bytes is the size of its files.
	Bytes int64
	// Profile, Sidecar and Report are the IDs of its files for
	// [Recorder.Open], "" for one that there is not.
	Profile, Sidecar, Report string
}

// The extensions of the files of a capture.
const (
	extProfile = "pb.gz"
	extSidecar = "json"
	extReport  = "report.md"
)

// Captures lists the captures in the directory, the newest first. It reads the
// directory; what cannot be read is left out.
func (r *Recorder) Captures() []Capture {
	if r.ring == nil {
		return nil
	}
	records, err := r.ring.Records()
	if err != nil {
		return nil
	}
	captures := make([]Capture, 0, len(records))
	for _, record := range records {
		captures = append(captures, captureOf(record))
	}
	return captures
}

func captureOf(record ringdir.Record) Capture {
	c := Capture{ID: record.ID, At: record.At, Kind: record.Kind, Reason: record.Reason, PID: record.PID, Own: record.Own, Bytes: record.Bytes}
	for _, file := range record.Files {
		switch file.Ext {
		case extProfile:
			c.Profile = file.Name
		case extSidecar:
			c.Sidecar = file.Name
		case extReport:
			c.Report = file.Name
		}
	}
	return c
}

// Open opens a file of a capture by its ID, as [Capture] has it in Profile,
// Sidecar and Report; the ID of a capture stands for its profile. IDs are never
// paths: what is not a file of a capture does not exist, and the error is
// fs.ErrNotExist.
func (r *Recorder) Open(id string) (io.ReadCloser, error) {
	if r.ring == nil {
		return nil, errZeroRecorder
	}
	name := id
	if ringdir.IsID(id) {
		name = id + "." + extProfile
	}
	file, err := r.ring.Open(name)
	if err != nil {
		return nil, fmt.Errorf("heap: no capture %.120q: %w: Captures lists those that there are", id, errors.Unwrap(err))
	}
	return file, nil
}
