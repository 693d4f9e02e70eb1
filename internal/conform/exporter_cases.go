package conform

import (
	"math"
	"runtime"
	"slices"
	"sync/atomic"

	"github.com/govitals/govitals/metric"
)

// exporterCase is one situation and what has to be on the wire in it.
type exporterCase struct {
	name        string
	explanation string
	sources     func(step *atomic.Int64) []metric.Source
	scrapes     []scraped
}

// scraped is what one scrape has to see, and what was dropped up to then.
type scraped struct {
	series  []Series
	dropped map[string]float64
}

var ageSeries = Series{
	Name: "govitals_test_age_seconds", Kind: "gauge", Unit: "s", Help: "How old it is.", Value: 7,
}

// healthy is a source that has to get through whatever the others do.
func healthy() metric.Source { return always(sampleOf(age, 7)) }

func exporterCases() []exporterCase {
	return slices.Concat(plainCases(), histogramCases(), brokenCases(), badSampleCases())
}

func plainCases() []exporterCase {
	return []exporterCase{{
		name:        "nothing to say",
		explanation: "Without sources there is nothing but the counter of drops.",
		sources:     fixed(),
		scrapes:     []scraped{{}},
	}, {
		name:        "names units and values",
		explanation: "Each unit and kind has one name in Prometheus, whichever way it comes.",
		sources: fixed(always(sampleOf(level, 1.5, "a", "left"), sampleOf(level, -2, "a", "right")),
			always(sampleOf(share, 0.25), sampleOf(parts, 3), sampleOf(slope, -8), sampleOf(pace, 0.5)),
			always(sampleOf(items, 12, "x"), sampleOf(spent, 0))),
		scrapes: []scraped{{series: []Series{
			{Name: "govitals_test_level_bytes", Labels: labels("tank", "a", "side", "left"), Kind: "gauge", Unit: "By", Help: "How full it is.", Value: 1.5},
			{Name: "govitals_test_level_bytes", Labels: labels("tank", "a", "side", "right"), Kind: "gauge", Unit: "By", Help: "How full it is.", Value: -2},
			{Name: "govitals_test_share_ratio", Kind: "gauge", Unit: "1", Help: "Part of the whole.", Value: 0.25},
			{Name: "govitals_test_parts", Kind: "gauge", Unit: "1", Help: "Parts that add up.", Value: 3},
			{Name: "govitals_test_slope_bytes_per_hour", Kind: "gauge", Unit: "By/h", Help: "How fast it grows.", Value: -8},
			{Name: "govitals_test_pace_per_second", Kind: "gauge", Unit: "{item}/s", Help: "How fast items come.", Value: 0.5},
			{Name: "govitals_test_items_in_total", Labels: labels("kind", "x"), Kind: "counter", Unit: "{item}", Help: "Items so far.", Value: 12},
			{Name: "govitals_test_spent_seconds_total", Kind: "counter", Unit: "s", Help: "Time spent.", Value: 0},
		}}},
	}, {
		name:        "absent then there then absent",
		explanation: "A figure that is not known has no series: not 0, and not its last value.",
		sources: func(step *atomic.Int64) []metric.Source {
			return []metric.Source{&figures{descs: []metric.Desc{age}, step: step, samples: func(scrape int, emit func(metric.Sample)) {
				if scrape == 1 {
					emit(sampleOf(age, 7))
				}
			}}}
		},
		scrapes: []scraped{{}, {series: []Series{ageSeries}}, {}},
	}, {
		name:        "counter rises",
		explanation: "A scrape sends the total, so that a missed scrape loses nothing.",
		sources: func(step *atomic.Int64) []metric.Source {
			return []metric.Source{&figures{descs: []metric.Desc{items}, step: step, samples: func(scrape int, emit func(metric.Sample)) {
				emit(sampleOf(items, float64(10+scrape), "x"))
			}}}
		},
		scrapes: []scraped{{series: []Series{itemsSeries("x", 10)}}, {series: []Series{itemsSeries("x", 11)}}},
	}, {
		name:        "strange label values",
		explanation: "Any valid UTF-8 passes unchanged; runs of other bytes become one U+FFFD.",
		sources:     fixed(always(sampleOf(items, 1, `C:\"x"`+"\n"), sampleOf(items, 2, "héé"), sampleOf(items, 3, "a\xff\xfeb"))),
		scrapes: []scraped{{series: []Series{
			itemsSeries(`C:\"x"`+"\n", 1), itemsSeries("héé", 2), itemsSeries("a\uFFFDb", 3),
		}}},
	}}
}

func histogramCases() []exporterCase {
	late := []float64{-1, 0, 1e-6, 0.0001220703125, 0.00013, 0.25, 0.25, 0.26, 3, 16, 16.5, 400}
	large := []float64{1, 1.5, 64, 65, 4096, 4097, 100_000}
	return []exporterCase{{
		name:        "histogram at the default bounds",
		explanation: "An observation on a bound counts as at or below it; the default bounds are 2^-13 to 2^4.",
		sources:     fixed(always(histogramOf(delay, observe(4, late...), "a"), histogramOf(delay, observe(0, late...), "b"))),
		scrapes: []scraped{{series: []Series{
			delaySeries("a", late), delaySeries("b", late),
		}}},
	}, {
		name:        "histogram at bounds of its own",
		explanation: "A Desc may name its bounds.",
		sources:     fixed(always(histogramOf(sizes, observe(2, large...)))),
		scrapes: []scraped{{series: []Series{{
			Name: "govitals_test_sizes_bytes", Kind: "histogram", Unit: "By", Help: "How large they were.",
			Count: 7, Sum: sum(large), Buckets: map[float64]uint64{1: 1, 64: 3, 4096: 5},
		}}}},
	}, {
		name:        "histogram without observations",
		explanation: "No observation yet is a figure that is known: the series starts at 0.",
		sources:     fixed(always(histogramOf(delay, &metric.Histogram{}, "a"))),
		scrapes:     []scraped{{series: []Series{delaySeries("a", nil)}}},
	}}
}

func brokenCases() []exporterCase {
	breaking := func(how func()) func(*atomic.Int64) []metric.Source {
		return func(step *atomic.Int64) []metric.Source {
			broken := &figures{descs: []metric.Desc{items}, step: step, samples: func(scrape int, emit func(metric.Sample)) {
				emit(sampleOf(items, 1, "before"))
				how()
				emit(sampleOf(items, 1, "after"))
			}}
			return []metric.Source{broken, healthy()}
		}
	}
	series := []Series{itemsSeries("before", 1), ageSeries}
	return []exporterCase{{
		name:        "source that panics",
		explanation: "A panic costs the samples after it, in that source, and nothing else.",
		sources:     breaking(func() { panic("out of luck") }),
		scrapes: []scraped{
			{series: series, dropped: map[string]float64{"panic": 1}},
			{series: series, dropped: map[string]float64{"panic": 2}},
		},
	}, {
		name:        "source that leaves its goroutine",
		explanation: "runtime.Goexit, as from t.FailNow, must not leave the scrape waiting for ever.",
		sources:     breaking(runtime.Goexit),
		scrapes:     []scraped{{series: series, dropped: map[string]float64{"panic": 1}}},
	}, {
		name:        "source given twice",
		explanation: "Each series is sent once; the registry would refuse all of them otherwise.",
		sources: func(*atomic.Int64) []metric.Source {
			twice := always(sampleOf(items, 4, "x"), sampleOf(items, 5, "y"))
			return []metric.Source{twice, healthy(), twice}
		},
		scrapes: []scraped{{
			series:  []Series{itemsSeries("x", 4), itemsSeries("y", 5), ageSeries},
			dropped: map[string]float64{"duplicate": 2},
		}},
	}}
}

func badSampleCases() []exporterCase {
	otherHelp, otherName, noUnit := age, age, age
	otherHelp.Help = "Something else."
	otherName.Name, otherName.Unit = "test_age.seconds", "{thing}" // Prometheus would see the same name
	noUnit.Name, noUnit.Unit = "test.nounit", ""
	return []exporterCase{{
		name:        "two declarations of one name",
		explanation: "The first stands. What contradicts it is dropped, though its samples be good.",
		sources:     fixed(healthy(), always(sampleOf(otherHelp, 8)), always(sampleOf(otherName, 9))),
		scrapes:     []scraped{{series: []Series{ageSeries}, dropped: map[string]float64{"conflict": 2}}},
	}, {
		name:        "samples that are not valid",
		explanation: "What Sample.Validate refuses does not leave the process.",
		sources: fixed(always(sampleOf(noUnit, 1), sampleOf(items, 1), sampleOf(spent, -1),
			sampleOf(delay, 1, "a"), histogramOf(delay, &metric.Histogram{Schema: 99}, "b"), sampleOf(age, 7))),
		scrapes: []scraped{{series: []Series{ageSeries}, dropped: map[string]float64{"invalid": 5}}},
	}, {
		name:        "not a number",
		explanation: "NaN and infinities mean that the figure is not known, so it is absent.",
		sources: fixed(healthy(), always(sampleOf(share, math.NaN()), sampleOf(spent, math.Inf(1)),
			histogramOf(delay, &metric.Histogram{Sum: math.NaN()}, "a"))),
		scrapes: []scraped{{series: []Series{ageSeries}, dropped: map[string]float64{"not_finite": 3}}},
	}}
}

// fixed returns sources that do not depend on the scrape.
func fixed(sources ...metric.Source) func(*atomic.Int64) []metric.Source {
	return func(*atomic.Int64) []metric.Source { return sources }
}

func histogramOf(d metric.Desc, h *metric.Histogram, labels ...string) metric.Sample {
	return metric.Sample{Desc: d, Histogram: h, LabelValues: labels}
}

func itemsSeries(kind string, value float64) Series {
	return Series{
		Name: "govitals_test_items_in_total", Labels: labels("kind", kind),
		Kind: "counter", Unit: "{item}", Help: "Items so far.", Value: value,
	}
}

func delaySeries(line string, observations []float64) Series {
	var bounds []float64
	for bound := 1.0 / 8192; bound <= 16; bound *= 2 {
		bounds = append(bounds, bound)
	}
	return Series{
		Name: "govitals_test_delay_seconds", Labels: labels("line", line),
		Kind: "histogram", Unit: "s", Help: "How late it was.",
		Count: uint64(len(observations)), Sum: sum(observations), Buckets: atOrBelow(bounds, observations),
	}
}

func labels(pairs ...string) map[string]string {
	m := make(map[string]string)
	for pair := range slices.Chunk(pairs, 2) {
		m[pair[0]] = pair[1]
	}
	return m
}

func sum(values []float64) (total float64) {
	for _, v := range values {
		total += v
	}
	return total
}
