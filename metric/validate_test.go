package metric_test

import (
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/govitals/govitals/metric"
)

// valid is changed in one field by each test.
func valid() metric.Desc {
	return metric.Desc{
		Name: "queue.depth", Unit: "{item}", Kind: metric.KindUpDownCounter,
		Help: "Items waiting.", Action: "Add workers.", Labels: []string{"queue"},
	}
}

func TestDescValidate(t *testing.T) {
	for _, test := range []struct {
		change func(*metric.Desc)
		want   []string // field, value and remedy
	}{
		{func(d *metric.Desc) { d.Name = "" }, []string{"Name", `""`, "queue.depth"}},
		{func(d *metric.Desc) { d.Name = "depth" }, []string{"Name", `"depth"`, "dotted"}},
		{func(d *metric.Desc) { d.Name = "Queue.depth" }, []string{"Name", `"Queue.depth"`, "lower-case"}},
		{func(d *metric.Desc) { d.Name = "queue..depth" }, []string{"Name", `"queue..depth"`, "dotted"}},
		{func(d *metric.Desc) { d.Name = "queue.a__b" }, []string{"Name", `"queue.a__b"`, "dotted"}},
		{func(d *metric.Desc) { d.Name = "queue.depth_" }, []string{"Name", `"queue.depth_"`, "dotted"}},
		{func(d *metric.Desc) { d.Name = "queue.9" }, []string{"Name", `"queue.9"`, "dotted"}},
		{func(d *metric.Desc) { d.Name = "queue." + strings.Repeat("x", 200) }, []string{"Name", "xxx", "at most 200 bytes"}},
		{func(d *metric.Desc) { d.Name = "queue.total" }, []string{"Name", `"queue.total"`, `leave out "total"`}},
		{func(d *metric.Desc) { d.Name, d.Unit = "heap.bytes_live", "By" }, []string{"Name", "bytes_live", `leave out "bytes"`}},
		{func(d *metric.Desc) { d.Name, d.Unit = "x.per_second", "{item}/s" }, []string{"Name", "per_second", `leave out "per_second"`}},
		{func(d *metric.Desc) { d.Name = "goroutine.count" }, []string{"Name", `"goroutine.count"`, `keeps "_count" for histograms`}},
		{func(d *metric.Desc) { d.OTelName = "Go Memory" }, []string{"OTelName", `"Go Memory"`, "go.memory.used"}},
		{func(d *metric.Desc) { d.Unit = "" }, []string{"Unit", `""`, "UCUM"}},
		{func(d *metric.Desc) { d.Unit = "ms" }, []string{"Unit", `"ms"`, `"s"`}},
		{func(d *metric.Desc) { d.Unit = "{}" }, []string{"Unit", `"{}"`, "{thing}"}},
		{func(d *metric.Desc) { d.Unit = "By/week" }, []string{"Unit", `"By/week"`, "UCUM"}},
		{func(d *metric.Desc) { d.Kind = 4 }, []string{"Kind", "0x4", "KindHistogram"}},
		{func(d *metric.Desc) { d.Help = "" }, []string{"Help", `""`, "one sentence"}},
		{func(d *metric.Desc) { d.Help = "\xff" }, []string{"Help", `"\xff"`, "UTF-8"}},
		{func(d *metric.Desc) { d.Action = "" }, []string{"Action", `""`, "what a person does"}},
		{func(d *metric.Desc) { d.Labels = []string{"le"} }, []string{"Labels", `"le"`, "other than le"}},
		{func(d *metric.Desc) { d.Labels = []string{"a", "a"} }, []string{"Labels", `"a"`, "once"}},
		{func(d *metric.Desc) { d.Labels = []string{"a-b"} }, []string{"Labels", `"a-b"`, "lower-case word"}},
		{func(d *metric.Desc) { d.Bounds = []float64{1} }, []string{"Bounds", "[]float64{1}", "only a KindHistogram"}},
		{func(d *metric.Desc) { d.Kind, d.Bounds = metric.KindHistogram, []float64{1, 3} }, []string{"Bounds", "3", "powers of two"}},
		{func(d *metric.Desc) { d.Kind, d.Bounds = metric.KindHistogram, []float64{2, 1} }, []string{"Bounds", "1", "ascending"}},
		{func(d *metric.Desc) { d.Kind, d.Bounds = metric.KindHistogram, []float64{math.Inf(1)} }, []string{"Bounds", "Inf", "powers of two"}},
	} {
		d := valid()
		test.change(&d)
		complain(t, d.Validate(), test.want)
	}
	if err := valid().Validate(); err != nil {
		t.Errorf("a valid Desc: %v", err)
	}
}

func TestSampleValidate(t *testing.T) {
	histogram, counter := valid(), valid()
	histogram.Kind, counter.Kind = metric.KindHistogram, metric.KindCounter
	mail := []string{"mail"}
	for _, test := range []struct {
		sample metric.Sample
		want   []string
	}{
		{metric.Sample{}, []string{"Name", `""`, "queue.depth"}},
		{metric.Sample{Desc: valid()}, []string{"queue.depth", "0 label values", `["queue"]`, "one for each"}},
		{metric.Sample{Desc: counter, LabelValues: mail, Value: -2}, []string{"Value", "-2", "only rises"}},
		{metric.Sample{Desc: histogram, LabelValues: mail}, []string{"Histogram", "must be set"}},
		{metric.Sample{Desc: valid(), LabelValues: mail, Histogram: &metric.Histogram{}}, []string{"Histogram", "nowhere else"}},
		{metric.Sample{Desc: histogram, LabelValues: mail, Histogram: &metric.Histogram{Schema: 9}}, []string{"Schema", "9", "0 to 8"}},
		{metric.Sample{Desc: histogram, LabelValues: mail, Histogram: &metric.Histogram{First: math.MaxInt}}, []string{"First", strconv.Itoa(math.MaxInt), "1024"}},
		{metric.Sample{Desc: histogram, LabelValues: mail, Histogram: &metric.Histogram{First: 1020, Counts: make([]uint64, 6)}}, []string{"First", "6 Counts", "1024"}},
	} {
		complain(t, test.sample.Validate(), test.want)
	}
	for _, good := range []metric.Sample{
		{Desc: valid(), LabelValues: mail, Value: -2},
		{Desc: counter, LabelValues: mail},
		{Desc: histogram, LabelValues: mail, Histogram: &metric.Histogram{First: -1074, Counts: make([]uint64, 2099)}},
	} {
		if err := good.Validate(); err != nil {
			t.Errorf("a valid sample: %v", err)
		}
	}
}

// complain checks that the error has all the words.
func complain(t *testing.T, err error, words []string) {
	t.Helper()
	if err == nil {
		t.Errorf("no error, want one with %q", words)
		return
	}
	for _, word := range words {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("%v\nlacks %q", err, word)
		}
	}
}
