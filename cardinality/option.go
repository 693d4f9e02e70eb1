package cardinality

import (
	"fmt"
	"log/slog"
	"math"
	"time"
	"unicode/utf8"
)

// maxRetention leaves room for sums of times in a time.Duration.
const maxRetention = 100 * 366 * 24 * time.Hour

// Defaults of the options.
const (
	// DefaultMaxSets is the number of label sets of one vec.
	DefaultMaxSets = 2000
	// DefaultMaxBytes bounds what all sets of one vec hold.
	DefaultMaxBytes = 16 << 20
	// DefaultBytesPerSet is what a set is taken to hold unless told otherwise.
	DefaultBytesPerSet = 1 << 10
	// DefaultMaxValueLen is the length in bytes of the longest label value.
	DefaultMaxValueLen = 1 << 10
	// DefaultMarker is the value that stands for those that were not admitted.
	DefaultMarker = "(other)"
	// DefaultRetention is how long a set keeps its place, used or not.
	DefaultRetention = 2 * time.Minute
)

// Option changes what a vec admits, and what it reports.
type Option interface{ apply(*settings) }

// settings is what options add up to.
type settings struct {
	name        string
	maxSets     int
	maxBytes    int64
	bytesPerSet int64
	maxValueLen int
	maxValues   map[string]int
	allow       map[string]map[string]struct{}
	normalize   map[string]func(string) string
	marker      string
	retention   time.Duration
	dryRun      bool
	forMany     bool
	openLabels  int // places for labels that become known later
	onTrip      func(Trip)
	logger      *slog.Logger
	group       *Group
	problems    []error // options that make no sense
}

func newSettings(options []Option) *settings {
	s := &settings{
		maxSets: DefaultMaxSets, maxBytes: DefaultMaxBytes, bytesPerSet: DefaultBytesPerSet,
		maxValueLen: DefaultMaxValueLen, marker: DefaultMarker, retention: DefaultRetention,
		maxValues: map[string]int{}, allow: map[string]map[string]struct{}{}, normalize: map[string]func(string) string{},
	}
	for _, o := range options {
		if o == nil {
			s.problem("an option is nil: leave it out")
			continue
		}
		o.apply(s)
	}
	return s
}

// problem notes an option that makes no sense, with its remedy.
func (s *settings) problem(format string, args ...any) {
	s.problems = append(s.problems, fmt.Errorf("cardinality: "+format, args...))
}

type optionFunc func(*settings)

func (f optionFunc) apply(s *settings) { f(s) }

// Name says what the vec is called in reports, logs and metrics, such as
// "http_request_duration_seconds". promguard and otelguard set it by themselves.
// Default: the label names.
func Name(metric string) Option {
	return optionFunc(func(s *settings) { s.name = metric })
}

// MaxSets bounds the label sets. Beyond it at most an eighth more, at least one and
// not more than 32, are made in which a label that exploded shows the marker, and one
// in which all do.
// Default: [DefaultMaxSets].
func MaxSets(n int) Option {
	return optionFunc(func(s *settings) {
		if n < 1 || n > math.MaxInt32 {
			s.problem("MaxSets is %d: use 1 to %d, or leave it out for %d", n, math.MaxInt32, DefaultMaxSets)
			return
		}
		s.maxSets = n
	})
}

// MaxValues bounds the values of one label. Further values are shown as the
// marker, the other labels stay as they are. Label caps multiply, so MaxSets
// holds as well.
// Default: MaxSets alone.
func MaxValues(label string, n int) Option {
	return optionFunc(func(s *settings) {
		if n < 1 || n > math.MaxInt32 {
			s.problem("MaxValues of label %q is %d: use 1 to %d, or Allow for none but known ones", label, n, math.MaxInt32)
			return
		}
		s.maxValues[label] = n
	})
}

// Allow lists all values that a label may have. Others are shown as the marker.
// Used twice for a label, the lists add up.
// Default: every value is allowed.
func Allow(label string, values ...string) Option {
	return optionFunc(func(s *settings) {
		if s.allow[label] == nil {
			s.allow[label] = make(map[string]struct{}, len(values))
		}
		for _, v := range values {
			s.allow[label][v] = struct{}{}
		}
	})
}

// Normalize has a function rewrite the values of a label before they are looked
// up and compared with limits: [RouteTemplate], strings.ToUpper. It is called for
// values that have no set of their own, at any time and by several goroutines,
// and has to leave alone what it returned itself. If it panics, the value is
// shown as the marker.
// Default: values are taken as they are.
func Normalize(label string, rewrite func(value string) string) Option {
	return optionFunc(func(s *settings) {
		if rewrite == nil {
			s.problem("Normalize of label %q has no function: leave it out", label)
			return
		}
		s.normalize[label] = rewrite
	})
}

// Marker sets the value that stands for those that were not admitted. A value
// from outside that is the same gets a leading underscore, so that nobody can
// write into the sets of the overflow.
// Default: [DefaultMarker].
func Marker(value string) Option {
	return optionFunc(func(s *settings) {
		if value == "" || !utf8.ValidString(value) {
			s.problem("Marker is %q: use a text that no value of a label looks like", value)
			return
		}
		s.marker = value
	})
}

// Retention is how long a set keeps its place, used or not, and how long it has
// to be unused before a set with traffic may have its place. It should be longer
// than the interval of scrapes, so that each set is seen. A hundred years mean that
// no set is ever demoted.
// Default: [DefaultRetention].
func Retention(d time.Duration) Option {
	return optionFunc(func(s *settings) {
		if d < 8*time.Millisecond || d > maxRetention {
			s.problem("Retention is %v: use 8ms to %v, at least the interval of scrapes; or leave it out for %v", d, maxRetention, DefaultRetention)
			return
		}
		s.retention = d
	})
}

// MaxBytes bounds what the sets hold by the estimate of [BytesPerSet], their
// label values included.
// Default: [DefaultMaxBytes].
func MaxBytes(n int64) Option {
	return optionFunc(func(s *settings) {
		if n < 1 {
			s.problem("MaxBytes is %d: use 1 or more, or leave it out for %d", n, DefaultMaxBytes)
			return
		}
		s.maxBytes = n
	})
}

// BytesPerSet says what one set holds besides its label values: about 70 KiB for
// a summary of client_golang, 1.4 KiB for a histogram of 12 buckets, 0.6 KiB for a
// counter. promguard and otelguard set it by themselves.
// Default: [DefaultBytesPerSet].
func BytesPerSet(n int64) Option {
	return optionFunc(func(s *settings) {
		if n < 1 || n > 1<<40 {
			s.problem("BytesPerSet is %d: use 1 to 2^40, or leave it out for %d", n, DefaultBytesPerSet)
			return
		}
		s.bytesPerSet = n
	})
}

// MaxValueLen bounds the length of a label value in bytes. A longer one is shown
// as the marker, and counted as misused.
// Default: [DefaultMaxValueLen].
func MaxValueLen(n int) Option {
	return optionFunc(func(s *settings) {
		if n < 1 {
			s.problem("MaxValueLen is %d: use 1 or more, or leave it out for %d", n, DefaultMaxValueLen)
			return
		}
		s.maxValueLen = n
	})
}

// DryRun admits every set and reports what would have been refused. Memory is
// not bounded then: use it to find limits, and not for long.
func DryRun() Option {
	return optionFunc(func(s *settings) { s.dryRun = true })
}

// ForMany says that the options serve several vecs: MaxValues, Allow and Normalize
// of labels that a vec does not have are then passed over.
// Default: they are a mistake, which a wrong spelling may be.
func ForMany() Option {
	return optionFunc(func(s *settings) { s.forMany = true })
}

// OnTrip has a function called once for each label that explodes, on a goroutine
// of its own, one call at a time. A panic in it is caught. Only [Vec.Reset] makes
// a label trip again.
func OnTrip(call func(Trip)) Option {
	return optionFunc(func(s *settings) { s.onTrip = call })
}

// Log has each trip logged once, as a warning.
// Default: nothing is logged.
func Log(logger *slog.Logger) Option {
	return optionFunc(func(s *settings) { s.logger = logger })
}

// In adds the vec to a group: its sets then count in the budget of the group,
// and the group reports on it, until [Guard.Leave].
// Default: none.
func In(group *Group) Option {
	return optionFunc(func(s *settings) { s.group = group })
}
