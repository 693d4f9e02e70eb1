package main

import "testing"

// What is planted is named within seconds: memory and labels that grow, work that is not
// done and so is in no histogram. (The verdict of a leak takes over a minute and is tested
// on a fake clock in package vitals.) The programs run side by side, as each does little
// but wait for its verdict.
func TestPlantedTroubleIsNamed(t *testing.T) {
	if testing.Short() {
		t.Skip("takes some ten seconds of real load")
	}
	t.Parallel()
	cases := []struct {
		flags []string
		words string
	}{
		{[]string{"-trouble", troubleJob, "-rate", "40"}, `stopped +jobs +JOB STOPPED: report last succeeded [\dms ]+ ago, and should every 1s\. Latest of \d+ failures: the bank refuses the connection\.`},
		{[]string{"-trouble", troublePool, "-rate", "40"}, `lagging +pools +WAITING FOR store POOL: 4 of 4 in use\.`},
		{[]string{"-trouble", troubleOrphan, "-rate", "40"}, `suspect +inflight +ORPHANED: \d+ requests? still runs? though the client has left, one for [\dms ]+: GET /report\.`},
		{[]string{"-leak", leakHeap}, `(growing|suspect|leak) +heap +Live memory grows .*service\.\(\*auditLog\)\.keep`},
		{[]string{"-leak", leakSeries}, `(growing|suspect|leak|exploded) +series .*http_requests_total\{path\}`},
	}
	services := make([]*service, len(cases))
	for i, c := range cases {
		services[i] = startAlone(t, c.flags...)
	}
	for i, c := range cases {
		t.Run(c.flags[1], func(t *testing.T) {
			services[i].listens(t)
			services[i].reports(t, c.words)
			services[i].stop() // so the others have more of the machine
		})
	}
}
