package metric

// Kind says how a figure behaves over time.
type Kind uint8

const (
	// KindGauge is a value that may rise and fall and must not be added up
	// across label values: a ratio, an age, a maximum.
	KindGauge Kind = iota
	// KindUpDownCounter is a value that may rise and fall and can be added up:
	// bytes by space, items by queue. Prometheus knows it as a gauge.
	KindUpDownCounter
	// KindCounter only ever rises within the life of the process.
	KindCounter
	// KindHistogram is a cumulative histogram.
	KindHistogram
)

// String returns the name used in documentation and in JSON.
func (k Kind) String() string {
	switch k {
	case KindGauge:
		return "gauge"
	case KindUpDownCounter:
		return "updowncounter"
	case KindCounter:
		return "counter"
	case KindHistogram:
		return "histogram"
	}
	return "unknown"
}

// Desc declares one metric: its name, unit and kind, what it means and what to
// do about it. The zero value is not valid; see [Desc.Validate].
type Desc struct {
	// Name is the dotted, lower-case name without namespace, unit or
	// "total": "heap.live". Words within a part are joined by "_". It does
	// not end in "count", "sum" or "bucket", which Prometheus keeps for
	// histograms, unless the unit follows.
	Name string
	// Unit is a UCUM code: "By", "s", "1" for a ratio, "{cycle}" for a count
	// of things. It is never empty.
	Unit string
	// Kind says how the value behaves over time.
	Kind Kind
	// Help says in one sentence what the figure is, with its honest caveat.
	Help string
	// Action says in one sentence what a person does about it.
	Action string
	// Labels names the labels, in the order of [Sample.LabelValues].
	Labels []string
	// Bounds holds the classic upper bounds of a KindHistogram, ascending.
	// Each is a power of two, because those are bucket edges at every
	// resolution and so lose nothing. Default: 2^-13 (122 µs) to 2^4 (16 s).
	Bounds []float64
	// OTelName replaces the derived OpenTelemetry name where the semantic
	// conventions already name exactly this figure. Default: derived.
	OTelName string
}

// Sample is one value of one metric at the moment of collection.
type Sample struct {
	// Desc is the declaration that the value belongs to.
	Desc Desc
	// LabelValues holds one value for each of Desc.Labels.
	LabelValues []string
	// Value is in Desc.Unit. It is not used by a KindHistogram. NaN and the
	// infinities are not figures: leave the sample out instead.
	Value float64
	// Histogram is the value of a KindHistogram and nil otherwise.
	Histogram *Histogram
}

// Source is anything that reports metrics.
//
// Both methods are called by exporters from any goroutine, several at a time.
// Collect must only read finished figures: it does no I/O, takes no lock that
// is held while something slow happens, and does not keep emit.
type Source interface {
	// Describe returns every metric that Collect may emit.
	Describe() []Desc
	// Collect calls emit once for each value that is known now.
	Collect(emit func(Sample))
}
