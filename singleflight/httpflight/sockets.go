package httpflight

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/govitals/govitals/finding"
	"github.com/govitals/govitals/internal/loop"
	"github.com/govitals/govitals/internal/text"
	"github.com/govitals/govitals/metric"
)

// Sockets reads [SocketMemory] every ten seconds, for metrics and findings. The
// zero value is ready to be started:
//
//	sockets := new(httpflight.Sockets)
//	err := sockets.Start(ctx)
//	defer sockets.Close()
//
// Its cost is one goroutine of [Sockets.Start], and four small files per reading.
type Sockets struct {
	loop loop.Loop

	mu   sync.Mutex
	last SocketMemory
	err  error
}

const socketsEvery = 10 * time.Second

// Start begins to read. The end of ctx has the effect of Close.
func (s *Sockets) Start(ctx context.Context) error {
	return s.loop.Start(ctx, loop.Config{Name: "httpflight.Sockets", Every: socketsEvery, Step: func(context.Context) { s.step() }})
}

// Close stops reading and returns when the goroutine has gone.
func (s *Sockets) Close() error { return s.loop.Close() }

func (s *Sockets) step() {
	m, err := ReadSocketMemory()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last, s.err = m, err
}

// Last returns the latest reading and what could not be read then. It is the
// zero value before the first one.
func (s *Sockets) Last() (SocketMemory, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.last, s.err
}

var (
	descTCP = metric.Desc{
		Name: "sockets.tcp", Unit: "By", Kind: metric.KindUpDownCounter,
		Help:   "Memory of all TCP sockets of the machine, other containers included (/proc/net/sockstat).",
		Action: "If it rises with the number of slow clients, set TCP_NOTSENT_LOWAT: httpflight's ConnContext.",
	}
	descGroup = metric.Desc{
		Name: "sockets.group", Unit: "By", Kind: metric.KindUpDownCounter,
		Help:   "Memory of sockets that is charged to the control group of this process. No heap profile shows it, and it counts towards the container's limit.",
		Action: "As for the memory of all TCP sockets.",
	}
	descPressure = metric.Desc{
		Name: "sockets.tcp_pressure", Unit: "By", Kind: metric.KindUpDownCounter,
		Help:   "Memory of TCP sockets at which the kernel begins to shrink the buffers of every socket of the machine (net.ipv4.tcp_mem).",
		Action: "Keep well below it: beyond, all connections become slow.",
	}
)

// Describe implements [metric.Source].
func (s *Sockets) Describe() []metric.Desc { return []metric.Desc{descTCP, descGroup, descPressure} }

// Collect implements [metric.Source].
func (s *Sockets) Collect(emit func(metric.Sample)) {
	m, _ := s.Last()
	if m.HasTCP {
		emit(metric.Sample{Desc: descTCP, Value: float64(m.TCP)})
	}
	if m.HasGroup {
		emit(metric.Sample{Desc: descGroup, Value: float64(m.Group)})
	}
	if m.Pressure > 0 {
		emit(metric.Sample{Desc: descPressure, Value: float64(m.Pressure)})
	}
}

// Findings implements [finding.Source].
func (s *Sockets) Findings() []finding.Finding {
	m, err := s.Last()
	switch {
	case m.HasTCP && m.Pressure > 0 && m.TCP > m.Pressure/10*8:
		return []finding.Finding{{
			Signal: "flights", State: finding.TooSmall, Cause: "tcp_mem",
			Summary: fmt.Sprintf("TCP sockets of this machine hold %s in the kernel; at %s it shrinks the buffers of all of them.", text.Bytes(m.TCP), text.Bytes(m.Pressure)),
			Advice:  "Set TCP_NOTSENT_LOWAT for connections with slow clients (httpflight's ConnContext), and drop clients that do not read.",
			How:     []string{"TCP mem of /proc/net/sockstat is above 80 % of the second figure of net.ipv4.tcp_mem"},
		}}
	case err != nil:
		return []finding.Finding{{
			Signal: "flights", State: finding.Unknown, Cause: "unreadable",
			Summary: "The kernel's memory for sockets could not be read: " + err.Error() + ".",
			Advice:  "None is needed where there is no /proc: the figures are left out.",
		}}
	}
	return nil
}
