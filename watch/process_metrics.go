package watch

import "github.com/govitals/govitals/metric"

var directionLabel = []string{"direction"}

// The table of what a Process measures.
var (
	descProcessCPU = metric.Desc{
		Name: "process.cpu", Unit: "s", Kind: metric.KindCounter,
		Help:   "Processor time that the process used, of the kernel on its behalf included.",
		Action: "Compare its rate with process.cpu_quota.",
	}
	descProcessQuota = metric.Desc{
		Name: "process.cpu_quota", Unit: "{processor}", Kind: metric.KindGauge,
		Help:   "Processors that the control group may use. Absent without a quota.",
		Action: "If the rate of process.cpu comes near it, the process is held back: raise it.",
	}
	descProcessDescriptors = metric.Desc{
		Name: "process.descriptors", Unit: "{descriptor}", Kind: metric.KindUpDownCounter,
		Help:   "File descriptors that are open.",
		Action: "If it grows without end, files or connections are not closed.",
	}
	descProcessDescriptorLimit = metric.Desc{
		Name: "process.descriptor_limit", Unit: "{descriptor}", Kind: metric.KindGauge,
		Help:   "File descriptors that can be open.",
		Action: "Compare with process.descriptors.",
	}
	descProcessThreads = metric.Desc{
		Name: "process.threads", Unit: "{thread}", Kind: metric.KindUpDownCounter,
		Help:   "Threads of the Go runtime.",
		Action: "If it grows without end, system calls or C code block.",
	}
	descProcessBytes = metric.Desc{
		Name: "process.network", Unit: "By", Kind: metric.KindCounter, Labels: directionLabel,
		Help:   "Bytes that the network interfaces of the pod (or the machine, outside of one) carried, without the loopback: received, sent.",
		Action: "Compare instances: who sends six times as much?",
	}
	descProcessPackets = metric.Desc{
		Name: "process.network_packets", Unit: "{packet}", Kind: metric.KindCounter, Labels: directionLabel,
		Help:   "Packets that they carried.",
		Action: "Many packets of few bytes: look for writes without a buffer.",
	}
	descProcessDrops = metric.Desc{
		Name: "process.network_drops", Unit: "{packet}", Kind: metric.KindCounter, Labels: directionLabel,
		Help:   "Packets that they threw away.",
		Action: "If it rises, the network is overloaded or misconfigured, and latency follows.",
	}
)

// Describe implements [metric.Source].
func (p *Process) Describe() []metric.Desc {
	return []metric.Desc{
		descProcessCPU, descProcessQuota, descProcessDescriptors, descProcessDescriptorLimit,
		descProcessThreads, descProcessBytes, descProcessPackets, descProcessDrops,
	}
}

// Collect implements [metric.Source]. Where nothing was read lately it emits nothing.
func (p *Process) Collect(emit func(metric.Sample)) {
	s := p.Stats()
	if !p.reading.isFresh(s.At) {
		return
	}
	number := func(desc metric.Desc, value float64, labels ...string) {
		emit(metric.Sample{Desc: desc, LabelValues: labels, Value: value})
	}
	if s.HasCPU {
		number(descProcessCPU, s.CPU.Seconds())
	}
	if s.HasQuota && s.Quota > 0 {
		number(descProcessQuota, s.Quota)
	}
	if s.HasDescriptors {
		number(descProcessDescriptors, float64(s.Descriptors))
		number(descProcessDescriptorLimit, float64(s.DescriptorLimit))
	}
	number(descProcessThreads, float64(s.Threads))
	if s.HasNetwork {
		number(descProcessBytes, float64(s.Network.ReceivedBytes), "received")
		number(descProcessBytes, float64(s.Network.SentBytes), "sent")
		number(descProcessPackets, float64(s.Network.ReceivedPackets), "received")
		number(descProcessPackets, float64(s.Network.SentPackets), "sent")
		number(descProcessDrops, float64(s.Network.ReceivedDrops), "received")
		number(descProcessDrops, float64(s.Network.SentDrops), "sent")
	}
}
