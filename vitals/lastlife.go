package vitals

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/govitals/govitals/finding"
	"github.com/govitals/govitals/heap"
	"github.com/govitals/govitals/internal/statefile"
	"github.com/govitals/govitals/internal/text"
)

// life keeps on disk how this process is, so that the next one can say how it
// ended: a process that is killed says nothing itself. The file is some hundred
// bytes, written once a minute, more often near the limit, and at Close.
type life struct {
	file  statefile.File // Path is "" where nothing is kept
	own   bool           // whether the directory is ours to make
	last  *lifeRecord    // of the process before, nil if there was none
	kills uint64         // by which the count of the control group rose since last was written

	writing sync.Mutex // held during I/O; guards written and over
	written lifeRecord
	over    bool // end has written

	mu  sync.Mutex // held for a moment only
	err error      // of the latest write
}

const lifeSchema = "govitals.life/v1"

// lifeRecord is what the file holds. It has neither arguments nor environment.
type lifeRecord struct {
	Schema  string        `json:"schema"`
	PID     int           `json:"pid"`
	Started time.Time     `json:"started"`
	At      time.Time     `json:"at"`
	Closed  bool          `json:"closed"` // by Close: it was not killed
	Used    uint64        `json:"used,omitzero"`
	Limit   uint64        `json:"limit,omitzero"` // 0 where none is known
	Live    uint64        `json:"live,omitzero"`
	Kills   uint64        `json:"oom_kills,omitzero"` // of the control group so far
	State   finding.State `json:"state"`
	Growing string        `json:"growing,omitzero"` // what grew most
	Build   Build         `json:"build"`
}

// How often the file is written.
const (
	lifeEvery     = time.Minute
	lifeNear      = 0.8  // the share of the limit from which on each step counts
	lifeStep      = 0.01 // of the limit
	maxLifeBytes  = 16 << 10
	lifeExtension = ".life"
)

// newLife finds the file and reads what the process before has left.
func newLife(config Config, started time.Time) *life {
	l := new(life)
	path := config.lifeFile()
	if path == "" {
		return l
	}
	file := statefile.File{Path: path, MaxBytes: maxLifeBytes}
	content, err := file.Load()
	last, known := parseLife(content)
	lives := known && last.lives(started)
	if lives && config.StateFile == "" {
		return l // it shares the directory with us: the file is its own
	}
	l.file, l.err, l.own = file, err, config.StateFile == ""
	if known && !lives { // with StateFile it hands over to us, and is about to end
		l.last = &last
	}
	return l
}

// lives reports whether another process than this one still writes the record. A number
// that the system has given to somebody else since does not count: what lives writes
// once a minute.
func (r *lifeRecord) lives(now time.Time) bool {
	fresh := now.Sub(r.At).Abs() <= 2*lifeEvery
	return fresh && !r.Closed && r.PID != os.Getpid() && isAlive(r.PID)
}

// lifeFile is beside StateFile, which each process has for itself, or else in
// CaptureDir, where one of several processes of a host has it.
func (c Config) lifeFile() string {
	switch {
	case c.StateFile != "":
		return c.StateFile + lifeExtension
	case c.CaptureDir != "":
		host, _ := os.Hostname() // "" where it is not known
		return filepath.Join(c.CaptureDir, "process-"+filepath.Base(filepath.Clean("/"+host))+lifeExtension)
	}
	return ""
}

func parseLife(content []byte) (r lifeRecord, ok bool) {
	err := json.Unmarshal(content, &r)
	ok = err == nil && r.Schema == lifeSchema && !r.At.IsZero() && !r.At.Before(r.Started)
	return r, ok
}

// due reports whether the file is to be written now.
func (l *life) due(now lifeRecord) bool {
	if now.At.Sub(l.written.At) >= lifeEvery {
		return true
	}
	return now.share() >= lifeNear && now.share() >= l.written.share()+lifeStep
}

func (r lifeRecord) share() float64 {
	if r.Limit == 0 {
		return 0
	}
	return float64(r.Used) / float64(r.Limit)
}

// keep writes the file if it is due. complete adds what costs something to know.
func (l *life) keep(now lifeRecord, complete func(*lifeRecord)) {
	l.writing.Lock()
	defer l.writing.Unlock()
	if l.file.Path == "" || l.over || !l.due(now) {
		return
	}
	complete(&now)
	l.write(now)
}

// end writes that the process ends in order. It does so once.
func (l *life) end(now lifeRecord) {
	l.writing.Lock()
	defer l.writing.Unlock()
	if l.file.Path == "" || l.over {
		return
	}
	l.over = true
	now.Closed, now.State, now.Growing = true, l.written.State, l.written.Growing
	l.write(now)
}

// write replaces the file. What cannot be written is said in the findings, and tried
// again a minute later.
func (l *life) write(r lifeRecord) {
	l.written = r
	content, err := json.MarshalIndent(r, "", "  ")
	if err == nil && l.own {
		err = os.MkdirAll(filepath.Dir(l.file.Path), 0o700)
	}
	if err == nil {
		err = l.file.Save(content)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.err = err
}

// record is how the process is now.
func (v *Vitals) record(now time.Time) lifeRecord {
	s := v.monitor.Snapshot()
	r := lifeRecord{
		Schema: lifeSchema, PID: os.Getpid(), At: now,
		Started: now.Add(-now.Sub(v.started)), // by the clock of At: it may have been set
		Live:    s.Live, Kills: s.Kernel.OOMKills, Build: v.build,
	}
	for _, limit := range s.Limits {
		used, known := s.Utilization(limit)
		if limit.Source == heap.SourceGo { // with GOGC=off all of it is always in use
			used, known = s.LiveShare(limit)
		}
		if known && (r.Limit == 0 || limit.Source == heap.SourceCgroup) { // it is the kernel that kills
			r.Limit, r.Used = limit.Bytes, uint64(used*float64(limit.Bytes))
		}
	}
	return r
}

// keepLife is a part of each step.
func (v *Vitals) keepLife(now time.Time) {
	v.life.keep(v.record(now), func(r *lifeRecord) {
		findings := v.Findings()
		r.State = finding.Worst(findings)
		for _, f := range findings {
			if isGrowth(f.State) && len(f.Culprits) > 0 {
				r.Growing = f.Culprits[0].Name
				return
			}
		}
	})
}

// endLife is called by Close, or at the end of the context, which is an end in order too.
func (v *Vitals) endLife() { v.life.end(v.record(time.Now())) }

// countKills compares what the kernel has killed by now with what it had when the
// process before wrote. A new control group begins at 0.
func (l *life) countKills(now heap.Kernel) {
	if l.last != nil && now.HasOOMKills {
		l.kills = now.OOMKills - min(now.OOMKills, l.last.Kills)
	}
}

// Findings implements finding.Source.
func (l *life) Findings() []finding.Finding {
	var findings []finding.Finding
	if l.last != nil {
		findings = append(findings, l.last.finding(l.kills > 0))
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err != nil {
		findings = append(findings, finding.Finding{
			Signal: "setup", State: finding.Unknown, Cause: "life",
			Summary: fmt.Sprintf("How this process is cannot be kept for the next one: %s.", text.Clean(l.err.Error(), maxSentence)),
			Advice:  "Make the directory of " + l.file.Path + " writable; it is tried again each minute.",
		})
	}
	return findings
}

// ended says how the process before ended, if badly.
func (l *life) ended() string {
	if l.last == nil || l.last.Closed {
		return ""
	}
	return l.last.summary()
}
