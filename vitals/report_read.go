package vitals

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/govitals/govitals/internal/text"
)

// MaxReport is how many bytes [ReadReport] reads at most.
const MaxReport = 16 << 20

// schemaName is what Schema names, without the version.
const schemaName = "govitals.report/"

// ReadReport reads a report in JSON, as the handler serves it, of this version of the
// library or of another one with the same [Schema]: fields that it does not know are
// left out, states that it does not know read as finding.Unknown, and what an older
// version did not write stays at its zero value.
//
// The texts may hold whatever somebody wrote into them: String and Markdown make
// them fit to be shown, who shows them in another way has to do it himself.
func ReadReport(from io.Reader) (Report, error) {
	data, err := io.ReadAll(io.LimitReader(from, MaxReport+1))
	if err != nil {
		return Report{}, fmt.Errorf("vitals: report: %w", err)
	}
	if len(data) > MaxReport {
		return Report{}, fmt.Errorf("vitals: report: it is larger than %s: it is no report of ours", text.Bytes(MaxReport))
	}
	r, err := parseReport(data)
	if err != nil {
		return Report{}, fmt.Errorf("vitals: report: %w", err)
	}
	return r, nil
}

func parseReport(data []byte) (Report, error) {
	var r Report
	if begin := strings.TrimSpace(string(data[:min(len(data), 64)])); !strings.HasPrefix(begin, "{") {
		return r, fmt.Errorf("it begins with %q and is no JSON object: ask for /debug/vitals?format=json", text.Clean(begin, 40))
	}
	var head struct{ Schema string }
	if err := json.Unmarshal(data, &head); err != nil {
		return r, fmt.Errorf("it is no JSON: %w", err)
	}
	switch {
	case head.Schema == "":
		return r, errors.New(`it has no "schema": ask for /debug/vitals?format=json`)
	case head.Schema != Schema && strings.HasPrefix(head.Schema, schemaName):
		return r, fmt.Errorf("its schema is %q, and this version of govitals reads %q: use the version that wrote it, or a newer one", text.Clean(head.Schema, maxWord), Schema)
	case head.Schema != Schema:
		return r, fmt.Errorf("its schema is %q: it is no report of govitals, whose schema is %q", text.Clean(head.Schema, maxWord), Schema)
	}
	err := json.Unmarshal(data, &r)
	return r, err
}
