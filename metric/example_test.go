package metric_test

import (
	"fmt"

	"github.com/govitals/govitals/metric"
)

var depth = metric.Desc{
	Name: "queue.depth", Unit: "{item}", Kind: metric.KindUpDownCounter,
	Help:   "Items waiting in the queue.",
	Action: "If it only ever rises, the workers are too slow or dead.",
	Labels: []string{"queue"},
}

// Queue has figures, and so is a metric.Source.
type Queue struct {
	name  string
	items []string
}

func (q *Queue) Describe() []metric.Desc { return []metric.Desc{depth} }

func (q *Queue) Collect(emit func(metric.Sample)) {
	emit(metric.Sample{Desc: depth, LabelValues: []string{q.name}, Value: float64(len(q.items))})
}

func ExampleSource() {
	var source metric.Source = &Queue{name: "mail", items: []string{"a", "b"}}
	source.Collect(func(s metric.Sample) {
		fmt.Println(s.Desc.PrometheusName(), s.LabelValues, s.Value)
	})
	// Output: govitals_queue_depth [mail] 2
}

func ExampleDesc_Validate() {
	milliseconds := depth
	milliseconds.Unit = "ms"
	fmt.Println(milliseconds.Validate())
	// Output: metric: Desc "queue.depth": Unit is "ms": use a UCUM code: "By", "s", "1", or "{thing}" for a count of things
}

func ExampleHistogram_Cumulative() {
	h := &metric.Histogram{Schema: 0, First: -1, Counts: []uint64{3, 0, 4}} // up to 0.5, 1 and 2
	fmt.Println(h.Cumulative(metric.PowersOfTwo(-1, 2)))
	// Output: [3 3 7 7]
}
