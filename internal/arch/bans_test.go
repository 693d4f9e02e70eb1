package arch

import "slices"

// A ban says that some packages must not import some others, neither directly
// nor through what they import.
//
// A pattern is an import path, with "." for the root of this module; "/..." at
// its end covers everything below too. The word thirdParty stands for
// whatever is neither in the standard library nor in this module.
type ban struct {
	from   []string // packages that the ban binds …
	except []string // … but for these
	to     []string // packages that they must not reach …
	allow  []string // … but for these
	in     scope    // whose imports count
	why    string   // the reason, shown with each violation
}

// scope says whose imports count.
type scope int

const (
	inCode  scope = iota // what a user's program links
	inTests              // what a user's go mod tidy has to know
	inBoth
)

const thirdParty = "third-party"

const testsLeak = "go mod tidy makes users keep the checksums of what our tests import: " +
	"use the standard library, or put the test into a leaf package or examples/"

var (
	everything = []string{"./..."}
	cores      = []string{"./heap", "./eventloop", "./leakguard", "./cardinality", "./singleflight", "./watch"}
	plain      = []string{"./metric", "./finding"}
	xsync      = []string{"golang.org/x/sync/..."}

	// The places where third parties may be imported at all.
	prometheus = []string{"./export/promvitals/...", "./cardinality/promguard/..."}
	otel       = []string{"./export/otelvitals/...", "./cardinality/otelguard/..."}
	examples   = []string{"./examples/..."}
	leaves     = join(prometheus, otel, examples)

	// What may be built on golang.org/x/sync, and what is built on that.
	onXsync = []string{
		"./heap", "./eventloop", "./singleflight/...", "./watch", "./vitals",
		"./internal/flight", "./internal/gate",
	}

	// What sits above the cores.
	above = join([]string{"./vitals/...", "./export/..."}, examples)
)

// bans is the import table of this module. A package that no row spares is
// bound by the strictest one, so a new package needs a row only to be allowed more.
var bans = join([]ban{
	{
		from: everything, except: join(leaves, onXsync), to: []string{thirdParty},
		why: "whoever wants one package must pay for the standard library alone: put what needs a third party into a leaf package",
	},
	{
		from: onXsync, to: []string{thirdParty}, allow: xsync,
		why: "golang.org/x/sync is the only third party below the leaves",
	},
	{
		from: everything, except: join(leaves, onXsync, []string{"./internal/..."}),
		in: inTests, to: []string{thirdParty},
		why: testsLeak,
	},
	{
		from: onXsync, except: []string{"./internal/..."}, in: inTests, to: []string{thirdParty}, allow: xsync,
		why: testsLeak,
	},
	{
		from: everything, except: join(prometheus, examples), to: []string{"github.com/prometheus/..."},
		why: "client_golang adds 7 MiB to a program and registers /debug/vars on http.DefaultServeMux: only promvitals and promguard may bring it",
	},
	{
		from: everything, except: join(otel, examples), to: []string{"go.opentelemetry.io/..."},
		why: "only otelvitals and otelguard may bring OpenTelemetry",
	},
	{
		from: everything, except: leaves, to: []string{"net/http/pprof", "expvar"},
		why: "they register handlers on http.DefaultServeMux when they are imported, and so show the command line to whoever asks",
	},
	{
		from: everything, to: []string{"github.com/stretchr/testify/..."},
		why: "an assertion library has no place in a user's program; it is for the tests of leaf packages",
	},
	{
		from: everything, except: []string{"./internal/conform", "./internal/need", "./internal/promtest", "./internal/arch"}, to: []string{"testing/..."},
		why: "a user's program would link it: take an interface of the two or three methods that are needed",
	},
	{
		from: join(plain, []string{"./leakguard", "./cardinality", "./singleflight"}), to: []string{"net/http"},
		why: "net/http adds 3 MiB to a program; what speaks HTTP belongs into a package of its own, as httpflight is",
	},
	{
		from: plain, to: everything,
		why: "metric and finding are the ground that the rest stands on: they import nothing of ours",
	},
	{
		from: []string{"./internal/..."}, to: join(subtrees(cores), above),
		why: "imports point down: what a core needs is handed to the internal package as a value or a function",
	},
	{
		from: []string{"./internal/..."}, except: []string{"./internal/conform", "./internal/metricdoc"}, in: inTests, to: join(subtrees(cores), above),
		why: "imports point down: a test over several packages belongs into internal/conform, one of their metrics into internal/metricdoc",
	},
	{
		from: cores, to: above,
		why: "imports point down: the cores know neither the façade nor the exporters",
	},
	{
		from: []string{"./export/..."}, to: join(subtrees(cores), []string{"./vitals/..."}),
		why: "an exporter takes any metric.Source; importing one would make every user link it",
	},
	{
		from: everything, except: examples, in: inBoth, to: examples,
		why: "examples are programs, not libraries",
	},
	{
		from: []string{"."}, to: everything,
		why: "the root package is documentation only",
	},
	{
		from: everything, in: inBoth, to: peers,
		why: "the libraries that we compare ourselves with live in the module benchmarks/ only, so that no user ever downloads them",
	},
}, sideways())

// peers are libraries that do something of what this one does.
var peers = []string{
	"go.uber.org/goleak/...",
	"go.uber.org/automaxprocs/...",
	"github.com/KimMachineGun/automemlimit/...",
	"github.com/VictoriaMetrics/metrics/...",
	"github.com/arl/statsviz/...",
	"github.com/benbjohnson/clock/...",
	"github.com/coder/quartz/...",
	"github.com/felixge/fgprof/...",
	"github.com/fortytw2/leaktest/...",
	"github.com/grafana/pyroscope-go/...",
	"github.com/janos/singleflight/...",
	"github.com/maypok86/otter/...",
	"github.com/puzpuzpuz/xsync/...",
	"github.com/sourcegraph/conc/...",
	"github.com/viccon/sturdyc/...",
	"tailscale.com/...",
}

// sideways returns a ban for each core on all the others, but for watch, whose
// labels are capped by cardinality.
func sideways() []ban {
	var rows []ban
	for _, core := range cores {
		row := ban{
			from: []string{core}, to: subtrees(slices.DeleteFunc(slices.Clone(cores), func(c string) bool { return c == core })),
			why: "a core stands alone, so that a user of one does not link another: share code through internal/, compose in vitals",
		}
		if core == "./watch" {
			row.allow = []string{"./cardinality"}
		}
		rows = append(rows, row)
	}
	return rows
}

func subtrees(patterns []string) []string {
	all := make([]string, 0, len(patterns))
	for _, pattern := range patterns {
		all = append(all, pattern+"/...")
	}
	return all
}

func join[T any](lists ...[]T) []T { return slices.Concat(lists...) }
