package main

// rows are what the dashboard shows, in the order in which one asks: is something
// wrong, where does it grow, what makes it slow, what is not being done.
func rows() []row {
	return []row{
		{title: "What is wrong", open: true, panels: wrong()},
		{title: "Growth over days and over deploys", panels: growth()},
		{title: "Memory", panels: memory()},
		{title: "Garbage collection", panels: collection()},
		{title: "Scheduling delay", panels: delay()},
		{title: "Is the work being done?", panels: work()},
		{title: "Requests, in and out", panels: requests()},
		{title: "Labels", panels: labels()},
		{title: "Shared loads", panels: loads()},
		{title: "Process", panels: process()},
	}
}

func wrong() []panel {
	return []panel{
		{title: "Alerts that fire", unit: "short", isTable: true,
			about:   "From deploy/prometheus/rules.yml. Each alert has a link to what it means and what to do, docs/RUNBOOK.md.",
			queries: []query{recorded(`ALERTS{alertname=~"Govitals.*", alertstate="firing", job=~"$job"}`, "{{alertname}}")}},
		{title: "What the processes say of themselves", isTable: true,
			about:   "The report at /debug/vitals says it in words and names who is to blame.",
			queries: []query{now("govitals_finding_state", "signal", "state")}},
		{title: "Time to the limit", queries: []query{now("govitals_signal_time_to_limit_seconds", "signal")}},
		{title: "Live memory", queries: []query{now("govitals_heap_live_bytes")}},
		{title: "99 of 100 requests wait less", queries: []query{quantile(99, "govitals_eventloop_lag_seconds")}},
		{title: "Goroutines, descriptors, threads", unit: "short",
			queries: []query{where("govitals_signal_value", `signal=~"goroutines|fds|threads"`, "signal")}},
	}
}

func growth() []panel {
	return []panel{
		{title: "Growth per hour, as the process sees it", queries: []query{now("govitals_signal_growth_per_hour", "signal")}},
		{title: "Steady growth per day", unit: "short",
			about: "Growth of the daily mean that also lifts the floor of the day, on two days in a row: " +
				"not traffic, not a step, not a cache that fills. Absent is good. From deploy/prometheus/rules.yml; takes three days.",
			queries: []query{recorded("govitals:signal_value:steady_growth_per_day{"+chosen+"}", "{{instance}} {{signal}}")}},
		{title: "Growth per day within one life", unit: "bytes",
			about: "Live memory at the same hours of two days, without a restart in between: deploys cannot hide this growth. " +
				"From deploy/prometheus/rules.yml; absent for lives shorter than 33 hours.",
			queries: []query{recorded("govitals:heap_live_bytes:life_growth_per_day{"+chosen+"}", "{{instance}}")}},
		{title: "Canary against stable: growth", unit: "Bps",
			about: "Slope of live memory over three hours. Needs the label track on the targets, canary or stable. " +
				"From deploy/prometheus/rules.yml.",
			queries: []query{recorded(`max by (cluster, namespace, job, track) (govitals:heap_live_bytes:deriv3h{job=~"$job"})`, "{{job}} {{track}}")}},
		{title: "Series that targets export", unit: "short",
			about:   "As Prometheus counts them, with metrics that are not ours. Compare canary and stable.",
			queries: []query{recorded("scrape_samples_scraped{"+chosen+"}", "{{instance}} {{track}}")}},
		{title: "Values of all signals", unit: "short", queries: []query{now("govitals_signal_value", "signal")}},
	}
}

func memory() []panel {
	return []panel{
		{title: "Memory by use", stacked: true, queries: []query{now("govitals_heap_space_bytes", "space")}},
		{title: "Live memory, goal and limits", queries: []query{
			now("govitals_heap_live_bytes").as("live"), now("govitals_heap_goal_bytes").as("goal"),
			now("govitals_heap_held_bytes").as("held"), now("govitals_heap_limit_bytes", "source").as("limit"),
		}},
		{title: "Share of the limit", queries: []query{
			now("govitals_heap_limit_utilization_ratio", "source").as("used"), now("govitals_heap_limit_live_ratio", "source").as("live"),
		}},
		{title: "The process and its control group", queries: []query{
			now("govitals_heap_rss_bytes").as("resident"), now("govitals_heap_cgroup_working_set_bytes").as("working set"),
			now("govitals_heap_off_heap_bytes").as("outside of Go"), now("govitals_heap_headroom_bytes").as("room left"),
		}},
		{title: "Allocation", queries: []query{rate("govitals_heap_allocated_bytes_total")}},
		{title: "Waits for memory", queries: []query{rate("govitals_heap_cgroup_stalled_seconds_total", "kind")}},
	}
}

func collection() []panel {
	return []panel{
		{title: "Share of the processors", queries: []query{now("govitals_heap_gc_cpu_ratio", "part")}},
		{title: "Collections", queries: []query{
			rate("govitals_heap_cycles_total").as("all"), rate("govitals_heap_forced_cycles_total").as("forced"),
		}},
		{title: "Stops of the world", queries: []query{
			now("govitals_heap_gc_pause_p99_seconds").as("p99"), now("govitals_heap_gc_pause_max_seconds").as("longest"),
		}},
		{title: "What survives a collection", queries: []query{
			now("govitals_heap_cycle_survival_ratio").as("of all"), now("govitals_heap_cycle_cohort_survival_ratio").as("of what is new"),
		}},
		{title: "Finalizers and cleanups that wait", queries: []query{now("govitals_heap_finalizer_backlog", "kind")}},
		{title: "At the collector's own limit", queries: []query{now("govitals_heap_gc_limiter")}},
	}
}

func delay() []panel {
	return []panel{
		{title: "Delay", queries: []query{
			quantile(50, "govitals_eventloop_lag_seconds"), quantile(99, "govitals_eventloop_lag_seconds"),
			now("govitals_eventloop_lag_max_seconds").as("longest"),
		}},
		{title: "Time stood still, by cause", stacked: true, queries: []query{rate("govitals_eventloop_stall_seconds_total", "cause")}},
		{title: "Stalls, by cause", queries: []query{rate("govitals_eventloop_stalls_total", "cause")}},
		{title: "Stands still now", queries: []query{now("govitals_eventloop_overdue_seconds")}},
		{title: "Use of the processors", queries: []query{now("govitals_eventloop_utilization_ratio")}},
		{title: "Goroutines that are ready and wait", queries: []query{now("govitals_eventloop_runnable")}},
		{title: "Waits for locks", queries: []query{rate("govitals_eventloop_mutex_wait_seconds_total")}},
		{title: "Requests refused under load", queries: []query{rate("govitals_eventloop_shed_requests_total", "outcome")}},
	}
}

func work() []panel {
	return []panel{
		{title: "Jobs that are overdue", queries: []query{now("govitals_job_overdue_seconds", "name")}},
		{title: "Runs of jobs, by result", queries: []query{rate("govitals_job_runs_total", "name", "result")}},
		{title: "Age of the data of jobs", queries: []query{
			now("govitals_job_data_age_seconds", "name"), now("govitals_job_expected_interval_seconds", "name").as("expected"),
		}},
		{title: "Oldest item in a queue", queries: []query{
			now("govitals_queue_oldest_age_seconds", "queue").as("waits"),
			now("govitals_queue_longest_running_processor_seconds", "queue").as("is worked on"),
		}},
		{title: "Length of queues", queries: []query{
			now("govitals_queue_depth", "queue").as("waiting"), now("govitals_queue_in_progress", "queue").as("in progress"),
		}},
		{title: "Through the queues", queries: []query{
			rate("govitals_queue_adds_total", "queue").as("in"), rate("govitals_queue_processed_total", "queue", "result"),
		}},
		{title: "Connections of pools", queries: []query{
			now("govitals_pool_in_use", "pool").as("in use"), now("govitals_pool_limit", "pool").as("limit"),
			now("govitals_pool_waiting", "pool").as("waiting"),
		}},
		{title: "Time without anything left in a pool", queries: []query{now("govitals_pool_full_seconds", "pool")}},
		{title: "What the application holds", queries: []query{now("govitals_state_entries", "state")}},
	}
}

func requests() []panel {
	return []panel{
		{title: "Requests per second", unit: "reqps", queries: []query{{
			metric: "govitals_inflight_duration_seconds", legend: "{{job}} {{route}} {{outcome}}", isRate: true,
			expr: "sum by (cluster, namespace, job, route, outcome) (rate(" + selector("govitals_inflight_duration_seconds_count", nil) + "[$__rate_interval]))" +
				" or histogram_count(sum by (cluster, namespace, job, route, outcome) (rate(" + selector("govitals_inflight_duration_seconds", nil) + "[$__rate_interval])))",
		}}},
		{title: "Time for a request", queries: []query{quantile(99, "govitals_inflight_duration_seconds", "route")}},
		{title: "Requests under way", queries: []query{
			now("govitals_inflight_requests").as("all"), now("govitals_inflight_orphans").as("without a client"),
		}},
		{title: "Oldest", queries: []query{
			now("govitals_inflight_oldest_seconds").as("request"), now("govitals_outbound_oldest_seconds").as("call"),
			now("govitals_outbound_oldest_body_seconds").as("body"),
		}},
		{title: "Time for a call to others", queries: []query{quantile(99, "govitals_outbound_duration_seconds", "host")}},
		{title: "Traffic with others", queries: []query{rate("govitals_outbound_transferred_bytes_total", "host", "direction")}},
	}
}

func labels() []panel {
	return []panel{
		{title: "Label sets", queries: []query{
			now("govitals_cardinality_sets", "metric"), now("govitals_cardinality_limit", "metric").as("limit"),
		}},
		{title: "Values of each label", queries: []query{now("govitals_cardinality_distinct_estimate", "metric", "label")}},
		{title: "Labels that exploded", queries: []query{now("govitals_cardinality_tripped", "metric", "label")}},
		{title: "Observations without a set of their own", queries: []query{rate("govitals_cardinality_overflow_observations_total", "metric")}},
		{title: "Memory of label sets", queries: []query{now("govitals_cardinality_held_bytes", "metric")}},
	}
}

func loads() []panel {
	return []panel{
		{title: "Where answers come from", queries: []query{rate("govitals_singleflight_calls_total", "group", "source")}},
		{title: "Loads, by result", queries: []query{rate("govitals_singleflight_loads_total", "group", "result")}},
		{title: "Values kept and pinned", queries: []query{
			now("govitals_singleflight_held_bytes", "group").as("kept"), now("govitals_singleflight_pinned_bytes", "group").as("pinned"),
		}},
		{title: "Oldest load", queries: []query{
			now("govitals_singleflight_oldest_seconds", "group"), now("govitals_httpflight_oldest_seconds").as("HTTP"),
		}},
		{title: "Where HTTP answers come from", queries: []query{rate("govitals_httpflight_requests_total", "source")}},
		{title: "Bytes of HTTP answers", queries: []query{
			now("govitals_httpflight_held_bytes").as("held"), now("govitals_httpflight_kept_bytes").as("kept"),
		}},
	}
}

func process() []panel {
	return []panel{
		{title: "Processors", unit: "short", queries: []query{
			rate("govitals_process_cpu_seconds_total").as("used"), now("govitals_process_cpu_quota").as("quota"),
		}},
		{title: "Network", queries: []query{rate("govitals_process_network_bytes_total", "direction")}},
		{title: "Packets and drops", queries: []query{
			rate("govitals_process_network_packets_total", "direction"), rate("govitals_process_network_drops_total", "direction").as("dropped"),
		}},
		{title: "Descriptors and threads", queries: []query{
			now("govitals_process_descriptors").as("descriptors"), now("govitals_process_descriptor_limit").as("limit"),
			now("govitals_process_threads").as("threads"),
		}},
		{title: "Requests for debug pages", queries: []query{rate("govitals_debug_requests_total", "endpoint", "result")}},
		{title: "Figures dropped", queries: []query{rate("govitals_export_dropped_total", "exporter", "reason")}},
	}
}
