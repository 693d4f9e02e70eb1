package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/govitals/govitals/internal/compare"
	"github.com/govitals/govitals/internal/text"
)

const (
	// fetchTimeout bounds a request with all of its answer.
	fetchTimeout = 30 * time.Second
	// maxSaid is how much of a foreign text an error repeats.
	maxSaid = 200
	// maxToken bounds a token.
	maxToken = 4096
)

// kind is what is asked: the variable that a token for it comes from, and what it means
// that there is nothing (404). A token is no flag: other users of a machine see those.
type kind struct{ variable, nothing string }

var (
	process = kind{"GOVITALS_TOKEN",
		"there is no report there (404): give the address of /debug/vitals; to strangers a service says so too: use its token, or ask from its own machine"}
	prometheus = kind{"GOVITALS_PROMETHEUS_TOKEN",
		"there is no HTTP API of Prometheus below this address (404): give what comes before /api/v1"}
)

// client asks servers of a kind, with a token if there is one.
type client struct {
	kind
	token string
}

// newClient takes the token from a file, or else from the environment.
func newClient(file string, asked kind) (client, error) {
	token := os.Getenv(asked.variable)
	if file != "" {
		content, err := readToken(file)
		if err != nil {
			return client{}, fmt.Errorf("token-file: %w", err)
		}
		token = content
	}
	token = strings.TrimSpace(token)
	if strings.ContainsFunc(token, func(r rune) bool { return r < '!' || r > '~' }) {
		return client{}, errors.New("the token holds blanks or what is not ASCII: give one line, as in Config.Token")
	}
	return client{asked, token}, nil
}

func readToken(file string) (string, error) {
	from, err := os.Open(file)
	if err != nil {
		return "", err
	}
	defer from.Close()
	content, err := io.ReadAll(io.LimitReader(from, maxToken+1))
	if len(content) > maxToken {
		return "", fmt.Errorf("%s is longer than %d bytes, which no token is", file, maxToken)
	}
	return string(content), err
}

// isURL reports whether a place is asked over HTTP.
func isURL(place string) bool {
	scheme, _, found := strings.Cut(place, "://")
	return found && (strings.EqualFold(scheme, "http") || strings.EqualFold(scheme, "https"))
}

// shownPlace is a place as errors and results name it, without a password.
func shownPlace(place string) string {
	if isURL(place) {
		if address, err := url.Parse(place); err != nil {
			return "the URL"
		} else if address.User != nil {
			address.User = nil
			place = address.String()
		}
	}
	return text.Clean(place, maxSaid)
}

// load reads a report: from standard input for -, from a URL, or from a file.
func (c client) load(ctx context.Context, place string, in io.Reader) ([]byte, error) {
	if !isURL(place) {
		return loadFile(place, in)
	}
	address, err := c.parseURL(place)
	if err != nil {
		return nil, err
	}
	if p := strings.Trim(address.Path, "/"); p == "" || p == "debug" {
		address.Path = path.Join("/", "debug", "vitals")
	}
	query := address.Query()
	query.Set("format", "json")
	address.RawQuery = query.Encode()
	return c.get(ctx, address)
}

func loadFile(place string, in io.Reader) ([]byte, error) {
	from, err := open(place, in)
	if err != nil {
		return nil, err
	}
	defer from.Close()
	return readBounded(from)
}

func readBounded(from io.Reader) ([]byte, error) {
	content, err := io.ReadAll(io.LimitReader(from, compare.MaxReport+1))
	if len(content) > compare.MaxReport {
		return nil, fmt.Errorf("it is longer than %d MiB, which no report is", compare.MaxReport>>20)
	}
	return content, err
}

// parseURL refuses what would show a password in the list of processes.
func (c client) parseURL(place string) (*url.URL, error) {
	address, err := url.Parse(place)
	switch {
	case err != nil:
		return nil, errors.New("it is not a URL: use http://host:port") // the error of Parse repeats a password
	case address.User != nil:
		return nil, fmt.Errorf("a password in a URL is seen by all users of this machine: set %s, or use -token-file", c.variable)
	case address.Host == "":
		return nil, errors.New("it names no host: use http://host:port")
	}
	return address, nil
}

// get asks for a document. It follows no redirect: what a service of ours answers
// with is never one, and a token must not travel on.
func (c client) get(ctx context.Context, address *url.URL) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address.String(), nil)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Accept", "application/json")
	if c.token != "" {
		request.Header.Set("Authorization", "Bearer "+c.token)
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	defer transport.CloseIdleConnections()
	asker := http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := asker.Do(request)
	if err != nil {
		return nil, unreachable(err)
	}
	defer response.Body.Close()
	body, err := readBounded(response.Body)
	if response.StatusCode != http.StatusOK {
		return body, c.refused(response, body)
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return nil, fmt.Errorf("its answer did not end within %s", text.Duration(fetchTimeout))
	}
	return body, err
}

// unreachable leaves out the URL, which the caller names.
func unreachable(err error) error {
	var with *url.Error
	if errors.As(err, &with) {
		err = with.Err
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("no answer within %s", text.Duration(fetchTimeout))
	}
	return fmt.Errorf("it cannot be reached: %w", err)
}

// refused says what a status means and what to do.
func (c client) refused(response *http.Response, body []byte) error {
	said := firstLine(body)
	switch response.StatusCode {
	case http.StatusUnauthorized:
		return fmt.Errorf("it wants a token, or another one (401): set %s, or use -token-file", c.variable)
	case http.StatusForbidden:
		return fmt.Errorf("it refuses (403): %s", said)
	case http.StatusNotFound:
		return errors.New(c.nothing)
	case http.StatusTooManyRequests:
		return fmt.Errorf("it is asked too often (429): try again %s", later(response.Header.Get("Retry-After")))
	}
	if response.StatusCode/100 == 3 {
		return fmt.Errorf("it sends elsewhere (%d), to %s: a login page? Ask the service itself, with its token",
			response.StatusCode, text.Clean(or(response.Header.Get("Location"), "nowhere"), maxSaid))
	}
	return fmt.Errorf("it answers with %d: %s", response.StatusCode, said)
}

// later is when to ask again: after seconds, or at a time that a proxy chose.
func later(retryAfter string) string {
	if seconds, err := strconv.Atoi(retryAfter); err == nil {
		return fmt.Sprintf("in %d s", seconds)
	}
	return "later"
}

func or(s, instead string) string {
	if s == "" {
		return instead
	}
	return s
}

// firstLine is the beginning of a body, fit to be shown.
func firstLine(body []byte) string {
	body = bytes.TrimSpace(body)
	if bytes.HasPrefix(body, []byte("<")) {
		return "(a page in HTML)"
	}
	line, _, _ := bytes.Cut(body, []byte("\n"))
	return text.Clean(or(string(line), "(nothing)"), maxSaid)
}
