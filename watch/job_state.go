package watch

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/govitals/govitals/internal/statefile"
)

const (
	jobSchema = "govitals.job/v1"
	// saveEvery is the least time between two writes of a StateFile: each takes
	// two syncs of the disk.
	saveEvery = time.Minute
	maxState  = 4 << 10
)

// jobState is what survives a restart.
type jobState struct {
	Schema      string    `json:"schema"`
	Name        string    `json:"name"`
	LastSuccess time.Time `json:"last_success,omitzero"`
	DataAt      time.Time `json:"data_at,omitzero"`
}

func (j *Job) file() statefile.File {
	return statefile.File{Path: j.config.StateFile, MaxBytes: maxState}
}

// load takes over what an earlier life of the process left. A file that is of no
// use is set aside. One that cannot be read may be of use to the next life.
func (j *Job) load() {
	if j.config.StateFile == "" {
		return
	}
	file := j.file()
	content, err := file.Load()
	if err == nil && content == nil {
		return
	}
	var state jobState
	if err == nil {
		state, err = parseJobState(content, j.config.Name)
	}
	if _, unread := errors.AsType[*fs.PathError](err); unread {
		j.record.unread, j.record.stateError = true, err.Error()
		return
	}
	if err != nil {
		if _, aside := file.SetAside(); aside != nil && aside.Error() != err.Error() {
			err = errors.Join(err, aside)
		}
		j.record.stateError = err.Error()
		return
	}
	j.record.lastSuccess, j.record.dataAt = state.LastSuccess, state.DataAt
	if state.DataAt.After(j.made) { // as in Fresh
		j.record.dataAt = j.made
	}
	if !state.LastSuccess.After(j.made) { // else the next success must replace it
		j.record.saved, j.record.tried = state.LastSuccess, state.LastSuccess
	}
}

func parseJobState(content []byte, name string) (s jobState, err error) {
	if err := json.Unmarshal(content, &s); err != nil {
		return jobState{}, fmt.Errorf("watch: the state of job %q is not JSON: %w", name, err)
	}
	if s.Schema != jobSchema {
		return jobState{}, fmt.Errorf("watch: the state of job %q has schema %.40q: want %q", name, s.Schema, jobSchema)
	}
	if s.Name != name {
		return jobState{}, fmt.Errorf("watch: the state file of job %q holds that of %.80q: give each job a file of its own", name, s.Name)
	}
	return s, nil
}

// save writes the last success if there is a new one: it tries at most once a minute,
// and in any case in the end.
func (j *Job) save(end bool) {
	if j.config.StateFile == "" {
		return
	}
	j.mu.Lock()
	r := j.record
	j.mu.Unlock()
	last := r.lastSuccess
	if !last.After(r.saved) || !end && last.Sub(r.tried) < saveEvery {
		return
	}
	content, err := json.Marshal(jobState{Schema: jobSchema, Name: j.config.Name, LastSuccess: last.UTC(), DataAt: r.dataAt.UTC()})
	if err == nil && r.unread {
		_, err = j.file().SetAside()
	}
	if err == nil || errors.Is(err, fs.ErrNotExist) {
		err = j.file().Save(content)
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.record.tried = last
	if err != nil {
		j.record.stateError = err.Error()
		return
	}
	j.record.saved, j.record.stateError, j.record.unread = last, "", false
}
