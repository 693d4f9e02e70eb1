package watch

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/govitals/govitals/finding"
	"github.com/govitals/govitals/internal/text"
)

// OutboundStats is what is known of an Outbound at one moment, or between two.
type OutboundStats struct {
	// At is the moment.
	At time.Time
	// Elapsed is how long the window is, 0 for a state that nothing was
	// subtracted from.
	Elapsed time.Duration
	// Waiting is how many calls wait for the head of their response, Oldest for how
	// long the first of them does, 0 if none does.
	Waiting int64
	Oldest  time.Duration
	// OpenBodies is how many responses are being read or were forgotten, OldestBody
	// for how long the first of them is open, 0 if none is.
	OpenBodies int64
	OldestBody time.Duration
	// Hosts holds what was counted for each host, sorted by name.
	Hosts []HostStats
}

// HostStats is what was counted for one host.
type HostStats struct {
	// Host is a name with a port if the URL has one, "(other)" for those beyond
	// OutboundConfig.MaxHosts.
	Host string
	// Sent and Received are the bytes of bodies.
	Sent     uint64
	Received uint64
	// Latency is how long it took until the head of the response was there or the
	// call had failed, by [CallOutcome].
	Latency [4]Latency
}

// Calls returns how many calls ended, with any outcome.
func (h *HostStats) Calls() (n uint64) {
	for i := range h.Latency {
		n += h.Latency[i].Count()
	}
	return n
}

// Stats returns what is known now. It takes 16 KiB for each host.
func (o *Outbound) Stats() OutboundStats {
	now := o.calls.now()
	waiting, open := o.calls.crowd(now, first), o.calls.crowd(now, second)
	s := OutboundStats{
		At: o.calls.time(now), Waiting: waiting.count, Oldest: waiting.oldest,
		OpenBodies: open.count, OldestBody: open.oldest,
	}
	for _, h := range o.hosts.All() {
		s.Hosts = append(s.Hosts, h.stats())
	}
	slices.SortFunc(s.Hosts, func(a, b HostStats) int { return cmp.Compare(a.Host, b.Host) })
	return s
}

func (h *host) stats() HostStats {
	s := HostStats{Host: h.name, Sent: h.sent.Load(), Received: h.received.Load()}
	for i := range h.outcomes {
		if timed := h.outcomes[i].Load(); timed != nil {
			s.Latency[i] = timed.read()
		}
	}
	return s
}

// Sub returns what was counted for each host since an earlier state. The rest is as
// of s.
func (s OutboundStats) Sub(earlier OutboundStats) OutboundStats {
	s.Elapsed = s.At.Sub(earlier.At)
	s.Hosts = slices.Clone(s.Hosts)
	for i := range s.Hosts {
		at, known := slices.BinarySearchFunc(earlier.Hosts, s.Hosts[i].Host,
			func(h HostStats, name string) int { return cmp.Compare(h.Host, name) })
		if known {
			s.Hosts[i].sub(&earlier.Hosts[at])
		}
	}
	return s
}

func (h *HostStats) sub(earlier *HostStats) {
	h.Sent -= min(h.Sent, earlier.Sent)
	h.Received -= min(h.Received, earlier.Received)
	for i := range h.Latency {
		h.Latency[i] = h.Latency[i].Sub(&earlier.Latency[i])
	}
}

const outboundSignal = "outbound"

// Findings implements [finding.Source].
func (o *Outbound) Findings() []finding.Finding {
	now := o.calls.now()
	waiting := o.calls.crowd(now, first)
	talkers, bytes := o.talkers()
	f := finding.Finding{Signal: outboundSignal, State: finding.OK, Culprits: talkers}
	if waiting.oldest >= o.config.MaxWait {
		f.State, f.Since = finding.Suspect, o.calls.time(now).Add(-waiting.oldest)
		f.Culprits = o.waitedFor(now)
		f.Summary = fmt.Sprintf("CALL WITHOUT AN ANSWER: a call to %s has waited for %s; %s in all.",
			f.Culprits[0].Name, text.Duration(waiting.oldest), text.Count(int(waiting.count), "call"))
		f.Advice = "Set http.Client.Timeout, or a context with a deadline; then ask the other side."
		return []finding.Finding{f}
	}
	f.Summary = "No outbound call waits for an answer."
	if waiting.count > 0 {
		f.Summary = fmt.Sprintf("%s waiting for an answer.", text.Count(int(waiting.count), "outbound call"))
	}
	if open := o.calls.crowd(now, second); open.oldest >= o.config.MaxWait {
		f.Summary += fmt.Sprintf(" %s open, one for %s: a stream, or a body that nobody closed.",
			text.Count(int(open.count), "response"), text.Duration(open.oldest))
	}
	f.Summary += traffic(talkers, bytes)
	return []finding.Finding{f}
}

const (
	// worthTraffic is how many bytes are worth a sentence, outweighs how many times
	// as much as the next host's is worth to be said.
	worthTraffic = 1 << 20
	outweighs    = 2
)

// traffic says who most of the bytes came from and went to.
func traffic(talkers []finding.Culprit, bytes float64) string {
	if bytes < worthTraffic {
		return ""
	}
	words := fmt.Sprintf(" %s of bodies so far, %.0f %% of it with %s", text.Bytes(uint64(bytes)), 100*talkers[0].Share, talkers[0].Name)
	if len(talkers) > 1 && talkers[0].Share >= outweighs*talkers[1].Share {
		words += fmt.Sprintf(": %.1f times as much as with any other", talkers[0].Share/talkers[1].Share)
	}
	return words + "."
}

// waitedFor names the hosts whose calls have waited too long.
func (o *Outbound) waitedFor(now int64) []finding.Culprit {
	counts := map[string]float64{}
	o.calls.each(first, func(_ ticket[*host], at int64, h **host) {
		if time.Duration(now-at) >= o.config.MaxWait {
			counts[(*h).name]++
		}
	})
	if len(counts) == 0 {
		return []finding.Culprit{{Name: "a host that has just answered"}}
	}
	return shares(counts)
}

// talkers names the hosts by their share of the bytes of bodies, both ways, and returns
// how many there are.
func (o *Outbound) talkers() (hosts []finding.Culprit, bytes float64) {
	parts := map[string]float64{}
	for _, h := range o.hosts.All() {
		parts[h.name] = float64(h.sent.Load()) + float64(h.received.Load())
		bytes += parts[h.name]
	}
	return shares(parts), bytes
}
