package doccode

// given is what a reader has before pasting a fragment. A name means the same in all
// documents, unless they declare it themselves.
const given = `
var ctx context.Context
var at time.Time
var elapsed time.Duration
var key string
var route string
var code string
var labels []string
var mails chan string
var ticker <-chan time.Time
var sessions interface { Len() int }
var db *sql.DB
var t *testing.T

func f() {}
func cleanup(code int) {}
func fetch(ctx context.Context, key string) ([]byte, error) { return nil, nil }
func refresh(ctx context.Context) error { return nil }

// Queue is a type of the reader's own.
type Queue struct {
	name string
	Len  func() int
}

var mux *http.ServeMux
var handler http.Handler
var relay http.Handler
var r *http.Request
var server *httptest.Server
func newClient(url string) interface { Get(path string); Close() } { return nil }

var v *vitals.Vitals
var probe *eventloop.Probe
var recorder *runtimetrace.FlightRecorder
var h *httpflight.Handler
var openSessions leakguard.Signal
var liveBytes float64
var requestsPerSecond float64

var opts prometheus.HistogramOpts
var reg prometheus.Registerer
var registry *prometheus.Registry
var library interface { New(prometheus.Registerer); Register(prometheus.Registerer) }
func newHistogram(values []string) interface { Observe(time.Duration) } { return nil }

var reader sdkmetric.Reader
var exporter sdkmetric.Exporter
var seconds otelmetric.Float64Histogram
`

// alias has the names of imports that are not those of the packages.
var alias = map[string]string{
	"otelmetric":   "go.opentelemetry.io/otel/metric",
	"runtimetrace": "runtime/trace",
	"sdkmetric":    "go.opentelemetry.io/otel/sdk/metric",
}

// more are packages that documents name and the main module does without.
var more = []string{
	"github.com/prometheus/client_golang/prometheus/promauto",
}
