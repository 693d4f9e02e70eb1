package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// run runs the benchmarks of the suite and returns what they print.
func (s suite) run(ctx context.Context, count int) ([]byte, error) {
	command := exec.CommandContext(ctx, "go", s.arguments(count)...)
	var output bytes.Buffer
	command.Stdout, command.Stderr = &output, os.Stderr
	if err := command.Run(); err != nil {
		return nil, fmt.Errorf("%s: %w\n%s", s.area, err, output.String())
	}
	return output.Bytes(), nil
}

func (s suite) arguments(count int) []string {
	return []string{"test", "-run", "^$", "-bench", s.benchmark, "-benchtime", s.benchtime, "-count", strconv.Itoa(count), "-timeout", "1h", "."}
}

// row is a ratio that a benchmark reported, once per run.
type row struct {
	benchmark, ratio string
	values           []float64
}

var benchmarkLine = regexp.MustCompile(`^Benchmark(\S+?)(-\d+)?\s+\d+\s+(.*)$`)

// ratios picks out of the output of go test the figures that are ratios, in the
// order in which they first came.
func ratios(output []byte) (rows []row) {
	index := map[[2]string]int{}
	for lines := bufio.NewScanner(bytes.NewReader(output)); lines.Scan(); {
		match := benchmarkLine.FindStringSubmatch(lines.Text())
		if match == nil {
			continue
		}
		fields := strings.Fields(match[3])
		for i := 0; i+1 < len(fields); i += 2 {
			value, err := strconv.ParseFloat(fields[i], 64)
			if err != nil || !isRatio(fields[i+1]) {
				continue
			}
			key := [2]string{match[1], fields[i+1]}
			if _, known := index[key]; !known {
				index[key] = len(rows)
				rows = append(rows, row{benchmark: match[1], ratio: fields[i+1]})
			}
			rows[index[key]].values = append(rows[index[key]].values, value)
		}
	}
	return rows
}

// amounts are units that have a stroke and are no ratio to a contestant.
var amounts = regexp.MustCompile(`^(ns|KiB-heap|KiB-kernel|allocs|frames|stw)/|\b(B|KiB|MB)/|/s$|/sec$|-(MB|ms|samples)$`)

func isRatio(unit string) bool { return strings.Contains(unit, "/") && !amounts.MatchString(unit) }

// write prints the suite as a section of Markdown.
func (s suite) write(out io.Writer, rows []row) {
	fmt.Fprintf(out, "## %s\n\n    cd benchmarks && go %s\n\n", s.question, shell(s.arguments(len(first(rows)))))
	if len(rows) == 0 {
		fmt.Fprint(out, "It reports no ratio.\n\n")
		return
	}
	fmt.Fprint(out, "| benchmark | ratio | median | from | to |\n|---|---|---|---|---|\n")
	for _, r := range rows {
		slices.Sort(r.values)
		fmt.Fprintf(out, "| %s | %s | %.3g | %.3g | %.3g |\n", r.benchmark, r.ratio, median(r.values), r.values[0], r.values[len(r.values)-1])
	}
	fmt.Fprintln(out)
}

func first(rows []row) []float64 {
	if len(rows) == 0 {
		return nil
	}
	return rows[0].values
}

func median(sorted []float64) float64 {
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

// shell writes arguments so that they can be pasted.
func shell(arguments []string) string {
	quoted := make([]string, len(arguments))
	for i, a := range arguments {
		quoted[i] = a
		if strings.ContainsAny(a, "$|^") {
			quoted[i] = "'" + a + "'"
		}
	}
	return strings.Join(quoted, " ")
}
