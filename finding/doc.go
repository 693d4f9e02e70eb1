// Package finding holds the sentences of govitals: what a part of the library
// has to say about the process, in words that a tired person understands.
//
// Whatever can say something implements [Source]:
//
//	func (q *Queue) Findings() []finding.Finding {
//		return []finding.Finding{{
//			Signal:  "queues",
//			State:   finding.Stopped,
//			Summary: "Queue mail has not moved for 12 m; 4,031 items wait.",
//			Advice:  "Look at its workers: GET /debug/goroutines.",
//		}}
//	}
//
// and vitals puts the findings of all parts together without knowing any of
// them.
//
// # Cost
//
// Findings are plain values; asking a Source for them reads figures that were
// gathered before and does no I/O. The package imports the standard library
// only.
//
// # What it cannot see
//
// It decides nothing: thresholds and detectors live with the part that reports.
package finding
