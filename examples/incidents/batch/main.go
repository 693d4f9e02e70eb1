// Batch is the incident of a service whose memory crept up for weeks.
//
//	go run ./examples/incidents/batch
package main

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/govitals/govitals/examples/incidents/internal/incident"
	"github.com/govitals/govitals/vitals"
	"github.com/govitals/govitals/watch"
)

func main() {
	incident.Tell(incident.Story{
		Title: "The batch that crept",
		Told: `A service that imports a batch again and again needed a little more memory every
day. Half a day was spent on a heap dump that nobody could read. It kept every
page it had fetched, to compare it with the next one; and nobody saw that it
fetched from one partner six times as much as from the others.`,
		Fix:    "Only the latest page of each partner is kept.",
		Broken: func(ctx context.Context, v *vitals.Vitals) error { return serve(ctx, v, (*pages).keep) },
		Fixed:  func(ctx context.Context, v *vitals.Vitals) error { return serve(ctx, v, (*pages).replace) },
		Named:  incident.Named{Signal: "heap", Names: []string{"main."}},
		Beside: incident.Named{Signal: "outbound", Names: []string{"with south.example", "times as much as with any other"}},
	})
}

// pages is what was fetched, by partner.
type pages struct{ of map[int][][]byte }

// keep is how it was.
func (p *pages) keep(partner int, page []byte) { p.of[partner] = append(p.of[partner], page) }

func (p *pages) replace(partner int, page []byte) { p.of[partner] = [][]byte{page} }

// partners are asked for so many pages in each run.
var partners = []struct {
	host  string
	pages int
}{{"north.example", 1}, {"east.example", 1}, {"south.example", 6}}

func serve(ctx context.Context, v *vitals.Vitals, keep func(*pages, int, []byte)) error {
	origin := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write(make([]byte, 8<<10))
	}))
	defer origin.Close()
	outbound := watch.NewOutbound(wiredTo(origin), watch.OutboundConfig{})
	job := watch.NewJob(watch.JobConfig{Name: "import", Every: 50 * time.Millisecond, Grace: 5 * time.Second})
	v.Add(outbound, job)
	client, seen := &http.Client{Transport: outbound}, &pages{of: map[int][][]byte{}}
	return job.Run(ctx, func(ctx context.Context) error {
		for partner, asked := range partners {
			for range asked.pages {
				page, err := fetch(ctx, client, "http://"+asked.host)
				if err != nil {
					return err
				}
				keep(seen, partner, page)
			}
		}
		return nil
	})
}

// fetch gets a page.
func fetch(ctx context.Context, client *http.Client, url string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	response, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	page, err := io.ReadAll(response.Body)
	return page, errors.Join(err, response.Body.Close())
}

// wiredTo returns a transport by which all hosts are one server.
func wiredTo(server *httptest.Server) *http.Transport {
	return &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "tcp", server.Listener.Addr().String())
	}}
}
