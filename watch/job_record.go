package watch

import (
	"time"
)

// RunResult is how a run of a Job ended.
type RunResult uint8

const (
	// RunOK returned nil.
	RunOK RunResult = iota
	// RunFailed returned an error.
	RunFailed
	// RunPanicked panicked or called runtime.Goexit.
	RunPanicked
	// RunCancelled returned an error after the job had been told to end. It is
	// not a failure.
	RunCancelled

	runResults = iota
)

var runResultNames = [runResults]string{"ok", "error", "panic", "cancelled"}

// String returns the lower-case word that metrics use.
func (r RunResult) String() string { return wordOf(uint8(r), runResultNames[:], "RunResult") }

// jobRecord is what a Job remembers of its runs.
type jobRecord struct {
	started     uint64
	results     [runResults]uint64
	lastStart   time.Time
	lastSuccess time.Time
	dataAt      time.Time
	running     bool
	duration    time.Duration
	inRow       uint64 // runs without a success since the last one
	lastError   string
	saved       time.Time // the last success that is in the StateFile
	tried       time.Time // the one that was to be written last
	stateError  string
	unread      bool // there is a StateFile that could not be read
}

func (j *Job) begin() {
	now := j.now()
	j.mu.Lock()
	defer j.mu.Unlock()
	j.record.started++
	j.record.lastStart, j.record.running = now, true
}

func (j *Job) end(result RunResult, err error) {
	now := j.now()
	j.mu.Lock()
	defer j.mu.Unlock()
	r := &j.record
	r.results[result]++
	r.running, r.duration = false, max(0, now.Sub(r.lastStart))
	switch result {
	case RunOK:
		r.lastSuccess, r.inRow, r.lastError = now, 0, ""
	case RunFailed, RunPanicked:
		r.inRow++
		r.lastError = shorten(err.Error(), maxFault)
	}
}

// ended returns how many runs have ended.
func (j *Job) ended() (n uint64) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, results := range j.record.results {
		n += results
	}
	return n
}

// Fresh says as of when the data is that the job produces, which may be older than
// the run that fetched it: a refresh can succeed for weeks and bring the same old
// file. Call it from the run. A time in the future counts as now.
func (j *Job) Fresh(at time.Time) {
	now := j.now()
	j.mu.Lock()
	defer j.mu.Unlock()
	if at.After(now) {
		at = now
	}
	j.record.dataAt = at
}

// JobStats is what is known of a Job at one moment.
type JobStats struct {
	// Name is that of the config.
	Name string
	// Every is how often the job should run.
	Every time.Duration
	// Active says that Run goes on.
	Active bool
	// Started counts the runs that began. More than have ended, plus one, means
	// that runs were lost.
	Started uint64
	// OK, Failed, Panicked and Cancelled count those that ended, by how.
	OK        uint64
	Failed    uint64
	Panicked  uint64
	Cancelled uint64
	// FailuresInRow counts the failures since the last success.
	FailuresInRow uint64
	// LastStart is when the latest run began, the zero time if none has.
	LastStart time.Time
	// LastSuccess is when the latest successful run ended, also one of an earlier
	// life of the process if there is a StateFile. It is zero if none is known.
	LastSuccess time.Time
	// LastDuration is how long the latest run took that has ended.
	LastDuration time.Duration
	// Running is how long the run takes so far that goes on now, 0 if none does.
	Running time.Duration
	// Overdue is for how long a success has been missing, 0 if none is. It is
	// counted from the last success or, without one, from NewJob.
	Overdue time.Duration
	// DataAt is as of when the data is, by [Job.Fresh]; zero if not known.
	DataAt time.Time
	// LastError is the latest failure since the last success, with the stack of a
	// panic.
	LastError string
	// StateError says why the StateFile could not be read or written, "" if it
	// could.
	StateError string

	at time.Time
}

// Stats returns what is known now. Whether the job is overdue is worked out here,
// from the clock: a job that is dead cannot look healthy.
func (j *Job) Stats() JobStats {
	j.mu.Lock()
	defer j.mu.Unlock()
	now, r := j.now(), &j.record // under the lock: what ended before must not seem to come from the future
	s := JobStats{
		at: now, Name: j.config.Name, Every: j.config.Every, Active: j.cancel != nil && !j.closed,
		Started: r.started, OK: r.results[RunOK], Failed: r.results[RunFailed],
		Panicked: r.results[RunPanicked], Cancelled: r.results[RunCancelled], FailuresInRow: r.inRow,
		LastStart: r.lastStart, LastSuccess: r.lastSuccess, LastDuration: r.duration, DataAt: r.dataAt,
		LastError: r.lastError, StateError: r.stateError,
	}
	if r.running {
		s.Running = max(1, now.Sub(r.lastStart))
	}
	since := r.lastSuccess
	if since.IsZero() || since.After(now) { // a clock that was set back, or a file from the future
		since = j.made
	}
	s.Overdue = max(0, max(0, now.Sub(since)-j.config.Every)-j.config.Grace) // their sum may be too large
	return s
}
