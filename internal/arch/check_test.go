package arch

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

func TestBans(t *testing.T) {
	t.Parallel()
	g, err := moduleGraph()
	if err != nil {
		t.Fatal(err)
	}
	for _, violation := range g.violations(bans) {
		t.Error(violation)
	}
}

// violations checks each of our packages against each row of the table.
func (g graph) violations(table []ban) []string {
	var all []string
	for _, path := range slices.Sorted(maps.Keys(g)) {
		for _, b := range table {
			if isOurs(path) && g.matches(b.from, path) && !g.matches(b.except, path) {
				all = append(all, g.breaches(g[path], b)...)
			}
		}
	}
	return all
}

func (g graph) breaches(p *pkg, b ban) []string {
	banned := func(path string) bool { return g.matches(b.to, path) && !g.matches(b.allow, path) }
	var all []string
	report := func(who string, imports []string) {
		for _, chain := range g.chains(p.ImportPath, imports, banned) {
			all = append(all, fmt.Sprintf("%s must not import %s\n\tchain:  %s\n\treason: %s",
				who, short(chain[len(chain)-1]), short(strings.Join(chain, " -> ")), b.why))
		}
	}
	if b.in != inTests {
		report(short(p.ImportPath), p.Imports)
	}
	if b.in != inCode {
		report("a test of "+short(p.ImportPath), join(p.TestImports, p.XTestImports))
	}
	return all
}

func (g graph) matches(patterns []string, path string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		if pattern == thirdParty {
			return !isOurs(path) && !g.isStandard(path)
		}
		if rest, ours := strings.CutPrefix(pattern, "."); ours {
			pattern = module + rest
		}
		if base, tree := strings.CutSuffix(pattern, "/..."); tree {
			return path == base || strings.HasPrefix(path, base+"/")
		}
		return path == pattern
	})
}

// short shows paths of this module as the go command takes them.
func short(text string) string { return strings.ReplaceAll(text, module, ".") }

// TestBansCatch plants one forbidden import at a time and expects it named.
func TestBansCatch(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		from string
		test bool
		to   string
		want string
	}{
		{"third party in a core", "./heap", false, "example.com/x", "./heap -> example.com/x"},
		{"third party in a new package", "./brandnew", false, "example.com/x", "whoever wants one package"},
		{"third party in the test of a core", "./leakguard", true, "example.com/x", "a test of ./leakguard"},
		{"x/sync where it is not granted", "./leakguard", false, "golang.org/x/sync/errgroup", "must not import golang.org"},
		{"net/http behind an internal package", "./leakguard", false, "./internal/gate", "./leakguard -> ./internal/gate -> net/http"},
		{"net/http in a core", "./cardinality", false, "net/http", "3 MiB"},
		{"client_golang in the façade", "./vitals", false, "github.com/prometheus/client_golang/prometheus", "7 MiB"},
		{"OpenTelemetry beside Prometheus", "./export/promvitals", false, "go.opentelemetry.io/otel", "otelvitals and otelguard"},
		{"a handler that registers itself", "./heap", false, "net/http/pprof", "command line"},
		{"testing in a core", "./leakguard", false, "testing", "take an interface"},
		{"one core in another", "./leakguard", false, "./heap", "stands alone"},
		{"watch in cardinality", "./cardinality", false, "./watch", "stands alone"},
		{"ours in metric", "./metric", false, "./finding", "ground"},
		{"a core in an internal package", "./internal/loop", false, "./heap", "point down"},
		{"a core in the test of an internal package", "./internal/loop", true, "./heap", "internal/conform"},
		{"the façade in a core", "./watch", false, "./vitals", "point down"},
		{"a source in an exporter", "./export/otelvitals", false, "./vitals", "any metric.Source"},
		{"anything in the root", ".", false, "./metric", "documentation only"},
		{"a peer in a test", "./examples/service", true, "go.uber.org/goleak", "benchmarks/"},
	}
	for _, tt := range tests {
		g := sampleGraph()
		g.plant(long(tt.from), long(tt.to), tt.test)
		got := strings.Join(g.violations(bans), "\n")
		if !strings.Contains(got, tt.want) {
			t.Errorf("%s: %s -> %s: want a violation with %q, got %q", tt.name, tt.from, tt.to, tt.want, got)
		}
	}
}

// TestBansAllow checks what the table must let through.
func TestBansAllow(t *testing.T) {
	t.Parallel()
	g := sampleGraph()
	for _, edge := range [][2]string{
		{"./heap", "./internal/gate"},
		{"./watch", "./cardinality"},
		{"./singleflight", "golang.org/x/sync/singleflight"},
		{"./vitals", "./heap"},
		{"./export/promvitals", "github.com/prometheus/client_golang/prometheus"},
		{"./cardinality/promguard", "./leakguard"},
		{"./singleflight/httpflight", "net/http"},
		{"./examples/service", "./export/promvitals"},
	} {
		g.plant(long(edge[0]), long(edge[1]), false)
	}
	g.plant(long("./internal/conform"), long("./heap"), true)
	g.plant(long("./heap"), long("./leakguard"), true)
	g.plant(long("./cardinality/promguard"), "github.com/stretchr/testify/assert", true)
	for _, violation := range g.violations(bans) {
		t.Error(violation)
	}
}

// sampleGraph is a small module without a violation.
func sampleGraph() graph {
	g := graph{}
	for _, path := range []string{"fmt", "testing", "expvar", "net/http", "net/http/pprof"} {
		g[path] = &pkg{ImportPath: path, Standard: true}
	}
	for _, path := range []string{
		".", "./metric", "./finding", "./heap", "./leakguard", "./cardinality", "./singleflight", "./watch", "./vitals",
		"./internal/loop", "./internal/gate", "./internal/conform", "./export/promvitals", "./export/otelvitals",
		"./cardinality/promguard", "./singleflight/httpflight", "./examples/service", "./brandnew",
	} {
		g[long(path)] = &pkg{ImportPath: long(path), Imports: []string{"fmt"}}
	}
	g.plant(long("./internal/gate"), "net/http", false)
	return g
}

// plant adds an import, and the imported package where it is not known yet.
func (g graph) plant(from, to string, inTest bool) {
	imports := &g[from].Imports
	if inTest {
		imports = &g[from].TestImports
	}
	*imports = append(*imports, to)
	if g[to] == nil {
		g[to] = &pkg{ImportPath: to}
	}
}

func long(pattern string) string {
	if rest, ours := strings.CutPrefix(pattern, "."); ours {
		return module + rest
	}
	return pattern
}
