package vitals

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/govitals/govitals/internal/gate"
	gostacks "github.com/govitals/govitals/internal/stacks"
	"github.com/govitals/govitals/internal/text"
)

const (
	// dumpGoroutines is up to how many goroutines the page stops the world for their
	// text: 4 to 30 µs for each, which is 10 to 90 ms.
	dumpGoroutines = 3000
	// forceGoroutines is up to how many that is done for those who ask with the token.
	forceGoroutines = 50_000
	// labelGoroutines is up to how many goroutines the profile is read for labels.
	labelGoroutines = 20_000
	// sheetRows bounds the rows of the sheets.
	sheetRows = 200
	// goroutinesReuse is how long a page is handed out again.
	goroutinesReuse = 10 * time.Second
)

// ownCode begins the functions that serve this page.
const ownCode = "github.com/govitals/govitals/internal/"

// goroutinesQuery is what a request for the goroutines asks for.
type goroutinesQuery struct{ values, force bool }

// serveGoroutines answers with the goroutines, grouped by where they were started.
func (v *Vitals) serveGoroutines(w http.ResponseWriter, r *http.Request) {
	q := goroutinesQuery{values: r.URL.Query().Get("labels") == "show", force: r.URL.Query().Get("force") == "1"}
	if q.force && !gate.Authorized(r) {
		http.Error(w, "force=1 may stop the process for a second or more: it needs the token.", http.StatusForbidden)
		return
	}
	v.serveSheet(w, r, sheetPage{
		key: fmt.Sprint("goroutines ", q.values, q.force), reuse: goroutinesReuse,
		make: func() (*sheet, error) { return v.goroutinesSheet(q) },
	})
}

func (v *Vitals) goroutinesSheet(q goroutinesQuery) (*sheet, error) {
	s := &sheet{At: time.Now(), Title: "Goroutines", Links: []sheetLink{{"?labels=show&format=html", "with the values of labels"}}}
	n := runtime.NumGoroutine()
	s.say("%s, grouped by the go statement that started them and by where they are.", text.Count(n, "goroutine"))
	if _, since := v.past.sites.counts(); !since.IsZero() {
		s.say("The change counts from %s ago.", text.Duration(s.At.Sub(since)))
	}
	most := dumpGoroutines
	if q.force {
		most = forceGoroutines
	}
	if n > most {
		v.addProfile(s, n, most)
	} else if err := v.addGroups(s); err != nil {
		return nil, err
	}
	v.addLabels(s, n, q.values)
	return s, nil
}

// addGroups takes one dump. What it delays is not counted as lag.
func (v *Vitals) addGroups(s *sheet) error {
	if v.probe != nil {
		defer v.probe.Exclude()()
	}
	dump, _, err := gostacks.Whole()
	if err != nil {
		return fmt.Errorf("the goroutines cannot be read: %w", err)
	}
	states := map[string]map[string]int{}
	for g := range gostacks.All(dump) {
		key := groupKey(g.CreatedBy, g.Site())
		if states[key] == nil {
			states[key] = map[string]int{}
		}
		states[key][g.State]++
	}
	t := Table{Title: "By creation site", Columns: []string{"started by go in", "place", "where they are", "count", "change", "oldest", "states"}}
	groups := gostacks.Groups(dump, func(g *gostacks.Goroutine) bool { return !g.Own() && !strings.HasPrefix(g.Site().Leaf, ownCode) })
	for _, group := range groups[:min(len(groups), sheetRows)] {
		t.Rows = append(t.Rows, v.groupRow(group, states[groupKey(group.CreatedBy, group.Site)]))
	}
	s.add(t, "There are none but those of govitals.")
	if left := len(groups) - len(t.Rows); left > 0 {
		s.note("Not shown: %s.", text.Count(left, "more group"))
	}
	s.note("Ages are known after two collections, in whole minutes. The goroutines of govitals itself are left out.")
	return nil
}

func groupKey(by gostacks.Frame, site gostacks.Site) string {
	return by.String() + "\x00" + site.String()
}

func (v *Vitals) groupRow(group *gostacks.Group, states map[string]int) []string {
	by, at := group.CreatedBy.Func, place(group.CreatedBy.Func, group.CreatedBy.File, group.CreatedBy.Line)
	if by == "" {
		by = "(the program)"
	}
	n, oldest := len(group.IDs), "–"
	if group.Example != nil && group.Example.Minutes > 0 {
		oldest = text.Duration(time.Duration(group.Example.Minutes) * time.Minute)
	}
	return []string{by, at, group.Site.String(), text.Figure(float64(n), ""), v.past.sites.change(group.Site, n), oldest, counted(states)}
}

// addProfile does without a dump, where that would stop the process for too long.
func (v *Vitals) addProfile(s *sheet, n, most int) {
	s.note("Who started them and for how long they wait is left out: that takes a dump of all, which stops the process for up to %s. "+
		"It is taken for up to %s goroutines.", text.Duration(time.Duration(n)*30*time.Microsecond), text.Figure(float64(most), ""))
	if most < forceGoroutines {
		s.note("With the token, ?force=1 takes it for up to %s.", text.Figure(forceGoroutines, ""))
	}
	sites, ok := readSites()
	if !ok {
		s.note("The goroutine profile could not be read: goroutines are started too fast.")
		return
	}
	t := Table{Title: "By site", Columns: []string{"started with go → where they are", "count", "change"}}
	for _, site := range largestSites(sites)[:min(len(sites), sheetRows)] {
		n := sites[site]
		t.Rows = append(t.Rows, []string{site.String(), text.Figure(float64(n), ""), v.past.sites.change(site, n)})
	}
	s.add(t, "")
}

// addLabels lists the pprof labels. Their values may name users, so they are shown
// to those alone who ask for them.
func (v *Vitals) addLabels(s *sheet, n int, values bool) {
	if n > labelGoroutines {
		s.note("Labels are left out: reading them from %s takes too long.", text.Count(n, "goroutine"))
		return
	}
	samples, err := gostacks.Labelled()
	if err != nil {
		s.note("Labels could not be read: %v.", err)
		return
	}
	t := Table{Title: "pprof labels", Columns: []string{"label site", "label", "goroutines", "values"}}
	for _, l := range labelsOf(samples) {
		if len(t.Rows) < sheetRows {
			t.Rows = append(t.Rows, []string{l.site.String(), l.key, text.Figure(float64(l.goroutines), ""), l.words(values)})
		}
	}
	s.add(t, "")
	if !values && len(t.Rows) > 0 {
		s.note("Values of labels are not shown, as they may name users: ask for them with ?labels=show.")
	}
}

// labelUse is a label on the goroutines of a site.
type labelUse struct {
	site       gostacks.Site
	key        string
	goroutines int
	values     map[string]int
}

// words are the values, the most frequent first, or how many there are.
func (l *labelUse) words(values bool) string {
	if !values {
		return text.Count(len(l.values), "value")
	}
	const shown = 5
	largest := largestFirst(l.values)
	for i, value := range largest {
		largest[i] = cut(value)
	}
	if len(largest) > shown {
		return strings.Join(largest[:shown], ", ") + fmt.Sprintf(" and %d more", len(largest)-shown)
	}
	return strings.Join(largest, ", ")
}

func labelsOf(samples []gostacks.Sample) []*labelUse {
	type id struct {
		site gostacks.Site
		key  string
	}
	uses := map[id]*labelUse{}
	for _, sample := range samples {
		for _, label := range sample.Labels {
			of := id{sample.Site, label.Key}
			if uses[of] == nil {
				uses[of] = &labelUse{site: sample.Site, key: label.Key, values: map[string]int{}}
			}
			uses[of].goroutines += sample.Count
			uses[of].values[label.Value] += sample.Count
		}
	}
	return slices.SortedFunc(maps.Values(uses), func(a, b *labelUse) int {
		return cmp.Or(cmp.Compare(b.goroutines, a.goroutines), cmp.Compare(a.site.String()+a.key, b.site.String()+b.key))
	})
}
