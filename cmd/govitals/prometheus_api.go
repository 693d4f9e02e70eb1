package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/govitals/govitals/internal/text"
)

// server is a Prometheus, or whatever speaks its HTTP API.
type server struct {
	client
	base *url.URL
}

func newServer(address, tokenFile string) (*server, error) {
	asker, err := newClient(tokenFile, prometheus)
	if err != nil {
		return nil, err
	}
	if !isURL(address) {
		return nil, fmt.Errorf("-prometheus is %q: use http://host:port", text.Clean(address, maxSaid))
	}
	base, err := asker.parseURL(address)
	if err != nil {
		return nil, fmt.Errorf("-prometheus: %w", err)
	}
	return &server{asker, base}, nil
}

// row is one series of an answer: its labels, and its values by their time.
type row struct {
	labels map[string]string
	values map[int64]float64 // by the Unix time in milliseconds
}

// answer is the form of all answers of the HTTP API.
type answer struct {
	Status string `json:"status"`
	Error  string `json:"error"`
	Data   *struct {
		ResultType string `json:"resultType"`
		Result     []struct {
			Metric map[string]string    `json:"metric"`
			Value  *[2]json.RawMessage  `json:"value"`
			Values [][2]json.RawMessage `json:"values"`
		} `json:"result"`
	} `json:"data"`
}

// instant evaluates an expression at a moment.
func (s *server) instant(ctx context.Context, expression string, at time.Time) ([]row, error) {
	return s.query(ctx, "query", url.Values{"query": {expression}, "time": {unix(at)}})
}

// over evaluates an expression again and again.
func (s *server) over(ctx context.Context, expression string, from, to time.Time, step time.Duration) ([]row, error) {
	return s.query(ctx, "query_range", url.Values{
		"query": {expression}, "start": {unix(from)}, "end": {unix(to)}, "step": {fmt.Sprintf("%.3f", step.Seconds())},
	})
}

func unix(at time.Time) string { return strconv.FormatFloat(float64(at.UnixMilli())/1000, 'f', 3, 64) }

func (s *server) query(ctx context.Context, kind string, query url.Values) ([]row, error) {
	address := s.base.JoinPath("api", "v1", kind)
	address.RawQuery = query.Encode()
	body, err := s.get(ctx, address)
	if err != nil {
		if rows, said := parseAnswer(body); rows == nil && said != nil && errors.As(said, new(*promError)) {
			return nil, said // it says better what is wrong
		}
		return nil, err
	}
	return parseAnswer(body)
}

// promError is what Prometheus says about a query.
type promError struct{ said string }

func (e *promError) Error() string { return "Prometheus says: " + e.said }

func parseAnswer(body []byte) ([]row, error) {
	var a answer
	if err := json.Unmarshal(body, &a); err != nil {
		return nil, fmt.Errorf("this is not the HTTP API of Prometheus, but %s", firstLine(body))
	}
	switch {
	case a.Status == "error":
		return nil, &promError{text.Clean(a.Error, maxSaid)}
	case a.Status != "success" || a.Data == nil || a.Data.ResultType != "vector" && a.Data.ResultType != "matrix":
		return nil, fmt.Errorf("this is not the HTTP API of Prometheus, but %s", firstLine(body))
	}
	var rows []row
	for _, r := range a.Data.Result {
		one := row{r.Metric, map[int64]float64{}}
		if r.Value != nil {
			r.Values = append(r.Values, *r.Value)
		}
		for _, v := range r.Values {
			if at, x, ok := parseValue(v); ok {
				one.values[at] = x
			}
		}
		rows = append(rows, one)
	}
	return rows, nil
}

// The bounds of what is a figure, between which nothing that is computed is infinite.
const leastValue, mostValue = 1e-18, 1e18

// parseValue reads a time in seconds and a value that is a string. What is no figure
// is not known; nothing that is asked for is negative.
func parseValue(v [2]json.RawMessage) (at int64, x float64, ok bool) {
	var seconds float64
	var written string
	if json.Unmarshal(v[0], &seconds) != nil || json.Unmarshal(v[1], &written) != nil {
		return 0, 0, false
	}
	x, err := strconv.ParseFloat(written, 64)
	if err != nil || !(x >= 0 && x <= mostValue) || math.Abs(seconds) > 1e12 {
		return 0, 0, false
	}
	if x < leastValue {
		x = 0
	}
	return int64(math.Round(seconds * 1000)), x, true
}

// single returns the only value of an instant query, and whether there is one.
func single(rows []row) (float64, bool) {
	if len(rows) != 1 {
		return 0, false
	}
	for _, x := range rows[0].values {
		return x, true
	}
	return 0, false
}

// selector is the inside of the braces.
func selector(flag, given string) (string, error) {
	inside := strings.TrimSpace(given)
	if strings.HasPrefix(inside, "{") && strings.HasSuffix(inside, "}") {
		inside = inside[1 : len(inside)-1]
	}
	if inside = strings.Trim(inside, " ,"); inside == "" || !strings.Contains(inside, "=") {
		return "", fmt.Errorf(`%s is %q: use labels such as 'track="canary"'`, flag, text.Clean(given, 80))
	}
	return inside, nil
}
