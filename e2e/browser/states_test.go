package browser

import (
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"github.com/govitals/govitals/finding"
	"github.com/govitals/govitals/vitals"
)

// resolution makes detectors quick, so that a leak is called so within seconds.
const resolution = 20 * time.Millisecond

// states are those in which the pages are looked at, and what the first line says.
var states = []struct {
	name   string
	config vitals.Config
	begin  func(*testing.T, *process)
	want   []finding.State
	words  []string
}{
	{
		name: "too_early", config: vitals.Config{StallThreshold: time.Minute}, begin: func(*testing.T, *process) {},
		want: []finding.State{finding.TooEarly}, words: []string{"TOO EARLY"},
	},
	{
		name: "healthy", config: vitals.Config{Resolution: resolution, StallThreshold: time.Minute},
		begin: func(t *testing.T, p *process) { collect(t) },
		want:  []finding.State{finding.OK}, words: []string{"HEALTHY"},
	},
	{
		name: "growing", config: vitals.Config{Resolution: 10 * resolution, StallThreshold: time.Minute},
		begin: func(t *testing.T, p *process) {
			collect(t)
			p.Watch(&sessions{from: time.Now().Add(15 * time.Second), perTick: 5})
		},
		want: []finding.State{finding.Growing, finding.Suspect}, words: []string{"Sessions grows"},
	},
	{
		name: "leak", config: vitals.Config{Resolution: resolution, StallThreshold: time.Minute},
		begin: func(t *testing.T, p *process) { collect(t); leak(t) },
		want:  []finding.State{finding.Leaking}, words: []string{"LEAK", "Live memory grows", "browser.leak"},
	},
	{
		name: "lag", config: vitals.Config{StallThreshold: 10 * time.Millisecond},
		begin: func(t *testing.T, p *process) { block(t) },
		want:  []finding.State{finding.Lagging}, words: []string{"LAGGING", "Ready work waits"},
	},
}

func TestEveryState(t *testing.T) {
	browser := browse(t)
	for _, state := range states {
		t.Run(state.name, func(t *testing.T) {
			p := start(t, state.config)
			p.parts(t)
			state.begin(t, p)
			p.reach(t, state.want...)
			for _, scripts := range []bool{true, false} {
				visit(t, open(t, browser, scripts), p, state.name, state.words, scripts)
			}
		})
	}
}

// visit looks at the page as a person does, and follows its links.
func visit(t *testing.T, b *tab, p *process, name string, words []string, scripts bool) {
	t.Helper()
	b.run(chromedp.Navigate(p.url+"/debug/vitals"), chromedp.WaitVisible("h1"))
	verdict := b.text("h1")
	for _, word := range words {
		if !strings.Contains(verdict, word) {
			t.Errorf("scripts %v: the first line is %q, without %q", scripts, verdict, word)
		}
	}
	readable(t, b)
	if scripts {
		b.look(name)
	}
	for _, link := range []string{"goroutines", "inflight", "cardinality", "stalls"} {
		b.run(chromedp.Click(`footer a[href="`+link+`"]`, chromedp.ByQuery), chromedp.WaitVisible(".sheet h1"))
		if scripts && name == "leak" {
			b.look(link)
		}
		b.run(chromedp.Click(`.brand a`, chromedp.ByQuery), chromedp.WaitVisible("#verdict"))
	}
	b.run(chromedp.Click(`.ranges a[href="?range=10m"]`, chromedp.ByQuery), chromedp.WaitVisible(`.ranges a[href="?range=10m"][aria-current]`))
	b.calm()
}

// wider names the innermost elements that end beyond the window, if it can be scrolled
// sideways for them.
const wider = `(() => {
	const root = document.documentElement;
	if (root.scrollWidth <= root.clientWidth) return "";
	return [...document.querySelectorAll("body *")].filter(e => !e.closest(".scroll") && e.getBoundingClientRect().right > root.clientWidth)
		.slice(-3).map(e => e.outerHTML.slice(0, 300)).join("; ");
})()`

// widest puts the longest figures and names into every legend.
const widest = `
	for (const e of document.querySelectorAll(".legend td")) e.textContent = "1,023.99 KiB/s";
	for (const e of document.querySelectorAll(".legend tbody th")) e.lastChild.textContent = "a line whose name has some words";`

// readable checks what screen readers and keyboards need, and that nothing is wider
// than the window.
func readable(t *testing.T, b *tab) {
	t.Helper()
	for what, expression := range map[string]string{
		"pictures without words":         `[...document.querySelectorAll("svg")].filter(s => s.getAttribute("aria-hidden") !== "true" && !(s.getAttribute("role") === "img" && s.getAttribute("aria-label"))).length`,
		"tables without headers":         `[...document.querySelectorAll("table")].filter(t => !t.querySelector("thead th[scope=col]") || t.querySelector("tbody tr:not(:has(th[scope=row]))")).length`,
		"links without words":            `[...document.querySelectorAll("a")].filter(a => !a.textContent.trim()).length`,
		"ids that are there twice":       `[...document.querySelectorAll("[id]")].length - new Set([...document.querySelectorAll("[id]")].map(e => e.id)).size`,
		"scripts or pictures of someone": `document.querySelectorAll("script:not([src='vitals.js']), img, iframe").length`,
		"headings other than one":        `document.querySelectorAll("h1").length - 1`,
	} {
		if n := ask[int](b, expression); n != 0 {
			t.Errorf("%s: %d", what, n)
		}
	}
	if wide := ask[string](b, wider); wide != "" {
		t.Errorf("wider than the window: %s", wide)
	}
	if n := ask[int](b, `document.querySelectorAll("article.panel").length`); n != 8 {
		t.Errorf("there are %d panels, want 8", n)
	}
}

func TestThePageKeepsItselfUpToDate(t *testing.T) {
	browser := browse(t)
	p := start(t, vitals.Config{})
	b := open(t, browser, true)
	b.run(chromedp.Navigate(p.url+"/debug/vitals"), chromedp.WaitVisible("h1"))
	before := b.text("#live")
	p.Add(said{})
	b.run(chromedp.WaitVisible(`.verdict.stopped`, chromedp.ByQuery))
	if title := ask[string](b, `document.title`); !strings.Contains(title, "STOPPED") {
		t.Errorf("the title is %q", title)
	}
	if after := b.text("#live"); after == before || !strings.Contains(after, "UTC") {
		t.Errorf("the time was %q and is %q", before, after)
	}
	if n := ask[int](b, `document.querySelectorAll("script, img").length`); n != 1 {
		t.Errorf("a name made %d scripts and pictures, want the one of the page", n)
	}
	b.run(chromedp.Click(`#live + button`, chromedp.ByQuery))
	if words := b.text(`#live + button`); words != "Go on" {
		t.Errorf("the button to pause says %q", words)
	}
	b.calm()
}

// said is a part that says something bad about a name that somebody chose.
type said struct{}

func (said) Findings() []finding.Finding {
	return []finding.Finding{{
		Signal: "jobs", State: finding.Stopped, Summary: "Job " + hostile + " stands still.", Advice: hostile, How: []string{hostile},
		Culprits: []finding.Culprit{{Name: hostile, File: hostile, Line: 1, Share: 1}},
	}}
}

func TestThePageSaysThatTheProcessHasGone(t *testing.T) {
	browser := browse(t)
	p := start(t, vitals.Config{})
	b := open(t, browser, true)
	b.run(chromedp.Navigate(p.url+"/debug/vitals"), chromedp.WaitVisible("h1"))
	b.run(chromedp.Evaluate(`window.fetch = () => Promise.reject(new Error("refused"))`, nil))
	b.run(chromedp.WaitVisible(`body.lost`, chromedp.ByQuery))
	if words := b.text("#live"); !strings.Contains(words, "No news since") {
		t.Errorf("the page says %q", words)
	}
}

func TestPhoneDarkPrint(t *testing.T) {
	browser := browse(t)
	p := start(t, vitals.Config{Resolution: resolution, StallThreshold: time.Minute})
	p.parts(t)
	p.Add(said{})
	collect(t)
	time.Sleep(5 * time.Second)
	for _, look := range []struct {
		name    string
		width   int64
		feature string
		media   string
	}{{"phone", 390, "light", ""}, {"phone-dark", 390, "dark", ""}, {"dark", 1280, "dark", ""}, {"print", 800, "light", "print"}} {
		t.Run(look.name, func(t *testing.T) {
			b := open(t, browser, true)
			b.run(chromedp.EmulateViewport(look.width, 1200),
				emulation.SetEmulatedMedia().WithMedia(look.media).WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: look.feature}}),
				chromedp.Navigate(p.url+"/debug/vitals"), chromedp.WaitVisible("h1"))
			readable(t, b)
			contrast(t, b)
			b.look(look.name)
			b.run(chromedp.Evaluate(widest, nil))
			readable(t, b)
			b.calm()
		})
	}
}

// contrast checks that words can be told from what is behind them: WCAG 2.2 asks for
// 4.5 to 1.
func contrast(t *testing.T, b *tab) {
	t.Helper()
	worst := ask[float64](b, `(() => {
		const parse = c => { const m = c.match(/[\d.]+/g).map(Number); return c.startsWith("color(") ? [m[0]*255, m[1]*255, m[2]*255, m[3] ?? 1] : [m[0], m[1], m[2], m[3] ?? 1] };
		const light = ([r, g, b]) => { const f = v => (v /= 255) <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4; return .2126*f(r) + .7152*f(g) + .0722*f(b) };
		const behind = e => { for (; e; e = e.parentElement) { const c = parse(getComputedStyle(e).backgroundColor); if (c[3] > 0) return c } return [255, 255, 255, 1] };
		let worst = 21;
		for (const e of document.querySelectorAll("h1, h2, p, td, th, dt, dd, a, small, code, summary, .badge, .state, .plot span")) {
			if (!e.textContent.trim() || e.closest(".unseen, .skip") || !e.checkVisibility()) continue;
			const a = light(parse(getComputedStyle(e).color)), b = light(behind(e));
			worst = Math.min(worst, (Math.max(a, b) + .05) / (Math.min(a, b) + .05));
		}
		return worst;
	})()`)
	if worst < 4.5 {
		t.Errorf("the weakest contrast of words is %.2f to 1, want 4.5", worst)
	}
}
