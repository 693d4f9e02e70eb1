package main

import (
	"regexp"
	"testing"
	"time"
)

// Work that is not done is not in any histogram: the report says so within seconds.
func TestHinderedWorkIsNamed(t *testing.T) {
	if testing.Short() {
		t.Skip("takes some ten seconds of real time")
	}
	for trouble, words := range map[string]string{
		troubleJob:    `stopped +jobs +JOB STOPPED: report last succeeded \S+ ago, and should every 1s\. Latest of \d+ failures: the bank refuses the connection\.`,
		troublePool:   `lagging +pools +WAITING FOR store POOL: 4 of 4 in use\.`,
		troubleOrphan: `suspect +inflight +ORPHANED: \d+ requests? still runs? though the client has left, one for \S+: GET /report\.`,
	} {
		t.Run(trouble, func(t *testing.T) {
			t.Parallel()
			s := start(t, "-trouble", trouble, "-rate", "40")
			sentence := regexp.MustCompile(words)
			eventually(t, "the report says "+words, func() bool { return sentence.MatchString(get(t, s.url+"/debug/vitals")) })
		})
	}
}

// The label is named, and that takes the real registry.
func TestExplodingLabelIsNamed(t *testing.T) {
	if testing.Short() {
		t.Skip("takes some ten seconds of real load")
	}
	t.Parallel()
	s := start(t, "-leak", leakSeries)
	words := regexp.MustCompile(`(growing|suspect|leak|exploded) +series .*http_requests_total\{path\}`)
	eventually(t, "the report names the label", func() bool {
		time.Sleep(200 * time.Millisecond) // each scrape costs as much as there are series
		return words.MatchString(get(t, s.url+"/debug/vitals"))
	})
}
