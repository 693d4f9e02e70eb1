package finding_test

import (
	"encoding/json"
	"fmt"

	"github.com/govitals/govitals/finding"
)

func Example() {
	findings := []finding.Finding{
		{Signal: "heap", State: finding.OK, Summary: "Live memory is level at 120 MiB."},
		{
			Signal: "queues", State: finding.Stopped,
			Summary: "Queue mail has not moved for 12 m; 4,031 items wait.",
			Advice:  "Look at its workers: GET /debug/goroutines.",
		},
	}
	fmt.Println(finding.Worst(findings))
	text, _ := json.MarshalIndent(findings[1], "", "  ")
	fmt.Println(string(text))
	// Output:
	// stopped
	// {
	//   "signal": "queues",
	//   "state": "stopped",
	//   "summary": "Queue mail has not moved for 12 m; 4,031 items wait.",
	//   "advice": "Look at its workers: GET /debug/goroutines."
	// }
}
