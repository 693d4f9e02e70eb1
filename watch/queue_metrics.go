package watch

import "github.com/govitals/govitals/metric"

var queueLabel = []string{"queue"}

// The table of what a Queue measures, named as client-go names it.
var (
	descQueueDepth = metric.Desc{
		Name: "queue.depth", Unit: "{item}", Kind: metric.KindUpDownCounter, Labels: queueLabel,
		Help:   "Items that wait in the queue.",
		Action: "If it only ever rises, the workers are too slow or dead: see queue.oldest_age.",
	}
	descQueueAdds = metric.Desc{
		Name: "queue.adds", Unit: "{item}", Kind: metric.KindCounter, Labels: queueLabel,
		Help:   "Items that were put into the queue.",
		Action: "Compare its rate with that of queue.processed.",
	}
	descQueueWait = metric.Desc{
		Name: "queue.queue_duration", Unit: "s", Kind: metric.KindHistogram, Labels: queueLabel,
		Help:   "How long items waited until a worker took them. Those that still wait are not in it.",
		Action: "If it rises, add workers.",
	}
	descQueueWork = metric.Desc{
		Name: "queue.work_duration", Unit: "s", Kind: metric.KindHistogram, Labels: queueLabel,
		Help:   "How long workers took for an item. Work that does not end is not in it.",
		Action: "If it rises, look at what the work waits for.",
	}
	descQueueUnfinished = metric.Desc{
		Name: "queue.unfinished_work", Unit: "s", Kind: metric.KindUpDownCounter, Labels: queueLabel,
		Help:   "How long the items have been worked on that are in progress now, added up.",
		Action: "If it rises by a second or more each second, that many workers are stuck.",
	}
	descQueueLongest = metric.Desc{
		Name: "queue.longest_running_processor", Unit: "s", Kind: metric.KindGauge, Labels: queueLabel,
		Help:   "For how long the slowest worker has had its item. Absent if nothing is in progress.",
		Action: "If it is beyond what work may take, the worker is stuck: look at the goroutines.",
	}
	descQueueOldest = metric.Desc{
		Name: "queue.oldest_age", Unit: "s", Kind: metric.KindGauge, Labels: queueLabel,
		Help:   "For how long the oldest item waits. Absent if none does.",
		Action: "Alert on it: it is what the last in line feels.",
	}
	descQueueProgress = metric.Desc{
		Name: "queue.in_progress", Unit: "{item}", Kind: metric.KindUpDownCounter, Labels: queueLabel,
		Help:   "Items that workers have taken and not ended.",
		Action: "If it stays at the number of workers, they are all busy or stuck.",
	}
	descQueueRetries = metric.Desc{
		Name: "queue.retries", Unit: "{item}", Kind: metric.KindCounter, Labels: queueLabel,
		Help:   "Items that failed and were put back.",
		Action: "If its rate comes near that of queue.adds, something that the work needs is down.",
	}
	descQueueProcessed = metric.Desc{
		Name: "queue.processed", Unit: "{item}", Kind: metric.KindCounter, Labels: []string{"queue", "result"},
		Help:   "Items that left the hands of a worker, by result: done, failed (for good), retried (put back); and dropped, thrown away.",
		Action: "Alert on a rate of failed above 0, if none may be lost.",
	}
)

// Describe implements [metric.Source].
func (q *Queue) Describe() []metric.Desc {
	return []metric.Desc{
		descQueueDepth, descQueueAdds, descQueueWait, descQueueWork, descQueueUnfinished,
		descQueueLongest, descQueueOldest, descQueueProgress, descQueueRetries, descQueueProcessed,
	}
}

// Collect implements [metric.Source].
func (q *Queue) Collect(emit func(metric.Sample)) {
	s := q.Stats()
	labels := []string{q.name}
	number := func(desc metric.Desc, value float64) {
		emit(metric.Sample{Desc: desc, LabelValues: labels, Value: value})
	}
	number(descQueueDepth, float64(s.Depth))
	number(descQueueAdds, float64(s.Added))
	number(descQueueProgress, float64(s.InProgress))
	number(descQueueUnfinished, s.Unfinished)
	number(descQueueRetries, float64(s.Retries))
	if s.Oldest > 0 {
		number(descQueueOldest, s.Oldest.Seconds())
	}
	if s.Longest > 0 {
		number(descQueueLongest, s.Longest.Seconds())
	}
	emit(metric.Sample{Desc: descQueueWait, LabelValues: labels, Histogram: s.Wait.Histogram()})
	emit(metric.Sample{Desc: descQueueWork, LabelValues: labels, Histogram: s.Work.Histogram()})
	for result := range q.results {
		emit(metric.Sample{
			Desc: descQueueProcessed, LabelValues: []string{q.name, ItemResult(result).String()},
			Value: float64(q.results[result].Load()),
		})
	}
}
