package heap

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"math"
	"math/rand/v2"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/govitals/govitals/finding"
)

// sized feeds the samples with another GOGC and scaled live memory.
func sized(t *testing.T, samples []sizingSample, gogc int, scale float64) MemorySize {
	t.Helper()
	s := newSizer(t, SizerConfig{})
	for _, x := range samples {
		x.GOGC, x.Live = gogc, uint64(float64(x.Live)*scale)
		s.add(x)
	}
	a := RightSize(s, finding.OK)
	if !a.hasSizes() {
		t.Fatalf("no advice: %s", a.Summary)
	}
	return a.Memory
}

func randomSamples(random *rand.Rand) (samples []sizingSample, peak func(gogc int, scale float64) float64) {
	at, cycles := sizingStart, uint64(1)
	for range 200 {
		at = at.Add(time.Duration(random.IntN(600)+1) * time.Second)
		cycles += uint64(random.IntN(3))
		samples = append(samples, sizingSample{
			At: at, Cycles: cycles, Live: uint64(math.Exp(random.Float64()*8+13) + 1), Roots: random.Uint64N(mib),
			Stacks: 2*mib + random.Uint64N(100*mib), Metadata: random.Uint64N(50 * mib), OffHeap: random.Int64N(200*mib) - 100*mib,
		})
	}
	return samples, func(gogc int, scale float64) (highest float64) {
		for _, x := range samples {
			live := math.Floor(float64(x.Live) * scale)
			need := live + (live+float64(x.Roots))*float64(gogc)/100 + float64(x.Stacks+x.Metadata) + float64(max(0, x.OffHeap))
			highest = max(highest, need)
		}
		return highest
	}
}

func TestAdviceIsMonotonicAndNeverBelowThePeak(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for range 30 {
		samples, peak := randomSamples(random)
		var last MemorySize
		for _, gogc := range []int{0, 25, 50, 100, 200, 800} {
			now := sized(t, samples, gogc, 1)
			if now.Request < last.Request || now.Limit < last.Limit {
				t.Errorf("GOGC=%d needs less than a lower one: %+v after %+v", gogc, now, last)
			}
			last = now
		}
		last = MemorySize{}
		for _, scale := range []float64{0.1, 0.5, 1, 1.01, 2, 10} {
			now := sized(t, samples, 100, scale)
			if now.Request < last.Request || now.Limit < last.Limit {
				t.Errorf("%v times as much live memory needs less: %+v after %+v", scale, now, last)
			}
			if now.Limit < now.Request || float64(now.Limit) < peak(100, scale) || now.GOMEMLIMIT > now.Limit {
				t.Errorf("the peak is %.0f, the advice %+v", peak(100, scale), now)
			}
			last = now
		}
	}
}

func TestRoundingGoesUpAndKeepsTheOrder(t *testing.T) {
	last, lastCores := uint64(0), 0.0
	for x := 1.0; x < 1<<44; x *= 1.01 {
		got := roundUp(x)
		if float64(got) < x || got%mib != 0 || got < last || x > 32*mib && float64(got) > 1.0626*x {
			t.Errorf("%.0f bytes are rounded to %d, the one before to %d", x, got, last)
		}
		last = got
		cores := x / 1e6
		if c := roundCores(cores); c < cores*(1-1e-6) || c < lastCores || cores > 0.1 && cores < 1e4 && c > cores*1.101 {
			t.Errorf("%v cores are rounded to %v, the one before to %v", cores, c, lastCores)
		} else {
			lastCores = c
		}
	}
}

var yamlLine = regexp.MustCompile(`^ *(#.*|[a-z]+:|[a-z]+: ("[0-9]+m?"|[0-9]+Mi) +# .*)$`)

func TestKubernetesIsYAML(t *testing.T) {
	p := simulated{live: 430 * mib, allocates: 100 * mib, gogc: 100, cycleCPU: 0.1, cores: 0.5}
	p.sample = sizingSample{KernelLimit: 512 * mib, MemoryLimit: 490 * mib, CPUQuota: 2}
	all := []Advice{
		advised(t, p, 20*time.Minute, SizerConfig{Request: 2048 * mib, RequestCores: 3}, finding.OK),
		advised(t, simulated{live: 64 * mib, allocates: 64 * mib, gogc: 100, cores: 3}, 20*time.Minute, SizerConfig{}, finding.Leaking),
		advised(t, p, time.Minute, SizerConfig{}, finding.OK), // too early: null
	}
	var documents []string
	for _, a := range all {
		yaml := a.Kubernetes()
		documents = append(documents, yaml)
		for line := range strings.Lines(yaml) {
			if !yamlLine.MatchString(strings.TrimSuffix(line, "\n")) {
				t.Errorf("odd line %q", line)
			}
		}
	}
	for i, got := range parseYAML(t, strings.Join(documents, "---\n")) {
		a, r := all[i], got.Resources
		if a.hasSizes() && (r.Requests["memory"] != quantity(a.Memory.Request) || r.Limits["memory"] != quantity(a.Memory.Limit) || r.Requests["cpu"] != millicores(a.CPU.Request)) {
			t.Errorf("YAML says %+v for %+v", r, a)
		}
		if _, set := r.Limits["cpu"]; set != (a.CPU.TodayQuota > 0) {
			t.Errorf("a cpu limit is set: %v, the quota is %v", set, a.CPU.TodayQuota)
		}
	}
}

type yamlContainer struct {
	Resources struct{ Requests, Limits map[string]string }
}

// parseYAML reads documents with Python where that has a parser.
func parseYAML(t *testing.T, documents string) (parsed []yamlContainer) {
	t.Helper()
	if testing.Short() {
		return nil
	}
	python := exec.Command("python3", "-c", "import json, sys, yaml; print(json.dumps(list(yaml.safe_load_all(sys.stdin))))")
	python.Stdin = strings.NewReader(documents)
	var failed strings.Builder
	python.Stderr = &failed
	out, err := python.Output()
	if errors.Is(err, exec.ErrNotFound) || strings.Contains(failed.String(), "ModuleNotFoundError") {
		t.Log("no python3 with yaml here: the form of the lines was checked alone")
		return nil
	}
	if err != nil {
		t.Fatalf("%v: %s\n%s", err, &failed, documents)
	}
	if err := json.Unmarshal(out, &parsed); err != nil || len(parsed) != 1+strings.Count(documents, "---\n") {
		t.Fatalf("%v: %s", err, out)
	}
	return parsed
}

// garbage reads fields of a sample from bytes: mostly such as a process may
// have, else anything.
type garbage []byte

func (g *garbage) next() (n uint64) {
	var eight [8]byte
	*g = (*g)[copy(eight[:], *g):]
	return binary.LittleEndian.Uint64(eight[:])
}

func (g *garbage) size() uint64 {
	if n := g.next(); n%32 != 0 {
		return n >> 32
	} else {
		return n
	}
}

func (g *garbage) count(before uint64) uint64 {
	if n := g.next(); n%16 != 0 {
		return before + n>>56
	} else {
		return n
	}
}

func (g *garbage) seconds(before float64) float64 {
	if n := g.next(); n%16 != 0 {
		return before + float64(n>>56)/16
	} else {
		return math.Float64frombits(n)
	}
}

func (g *garbage) sample(before sizingSample) sizingSample {
	return sizingSample{
		Cycles: g.count(before.Cycles), Live: g.size(), Goal: g.size(), Roots: g.size(), GOGC: int(g.size()>>16) - 1,
		AllocatedTotal: before.AllocatedTotal + g.size(), Stacks: g.size(), Metadata: g.size(), Buckets: g.size(),
		OffHeap: int64(g.size()) - 1<<31, GCCPUSeconds: g.seconds(before.GCCPUSeconds), ProcCPUSeconds: g.seconds(before.ProcCPUSeconds),
		UsedCPUSeconds: g.seconds(before.UsedCPUSeconds), ThrottledSeconds: g.seconds(before.ThrottledSeconds),
		Periods: g.count(before.Periods), ThrottledPeriods: g.count(before.ThrottledPeriods), CPUQuota: g.seconds(0),
		MemoryLimit: g.size(), KernelLimit: g.size(),
	}
}

// gathered feeds a Sizer with garbage, at most 300 samples of it. every is the
// time between them, but for one in eight.
func (g garbage) gathered(t testing.TB, every time.Duration) *Sizer {
	s := newSizer(t, SizerConfig{MinCycles: 1, MinAge: time.Second})
	var x sizingSample
	at := sizingStart
	for n := 0; len(g) > 0 && n < 300; n++ {
		step := every
		if jump := g.next(); jump%8 == 0 {
			step = time.Duration(jump)
		}
		at = at.Add(step)
		x = g.sample(x)
		x.At = at
		s.add(x)
	}
	return s
}

func wildBytes(seed uint64) []byte {
	random := rand.New(rand.NewPCG(seed, seed))
	wild := make([]byte, 8*20*100)
	for i := range wild {
		wild[i] = byte(random.Uint32())
	}
	return wild
}

func TestGarbageGivesNothingAbsurd(t *testing.T) {
	sizes, prices := 0, 0
	for seed := range uint64(200) {
		a := RightSize(garbage(wildBytes(seed)).gathered(t, time.Minute), finding.OK)
		checkAdvice(t, a)
		if a.hasSizes() {
			sizes++
		}
		prices += len(a.GCPrices)
	}
	if sizes < 100 || prices < 100 {
		t.Errorf("this test is blind: of 200 advices %d have sizes, and %d prices", sizes, prices)
	}
}

func FuzzSizer(f *testing.F) {
	f.Add([]byte{}, int64(time.Second))
	f.Add(make([]byte, 4096), int64(time.Hour))
	for seed := range uint64(4) {
		f.Add(wildBytes(seed), int64(time.Minute))
		f.Add(wildBytes(seed), int64(-time.Hour))
		f.Add(wildBytes(seed), int64(math.MaxInt64))
	}
	f.Fuzz(func(t *testing.T, data []byte, every int64) {
		checkAdvice(t, RightSize(garbage(data).gathered(t, time.Duration(every)), finding.State(every)))
	})
}

// checkAdvice fails if a figure is absurd.
func checkAdvice(t *testing.T, a Advice) {
	t.Helper()
	text := a.String() + a.Kubernetes()
	if strings.Contains(text, "NaN") || strings.Contains(text, "Inf") || strings.Contains(text, "%!") {
		t.Errorf("absurd text: %s", text)
	}
	m := a.Memory
	for _, bytes := range []uint64{m.Low, m.Request, m.High, m.Limit, m.GOMEMLIMIT, m.TodayLimit, m.TodayGOMEMLIMIT, a.Live} {
		if bytes > 1<<60 {
			t.Errorf("absurd size %d in %+v", bytes, a)
		}
	}
	if m.Limit < m.Request || m.GOMEMLIMIT > m.Limit || m.Low > m.Request || m.Request > m.High {
		t.Errorf("sizes are out of order: %+v", m)
	}
	c := a.CPU
	for _, cores := range []float64{c.Low, c.Request, c.High, c.Sufficient, c.TodayQuota} {
		if !isFigure(cores) || cores > 1<<20 {
			t.Errorf("absurd cores %v in %+v", cores, c)
		}
	}
	for _, share := range []float64{a.GCShare, c.ThrottledShare} {
		if !(share >= 0 && share <= 1) {
			t.Errorf("absurd share %v in %+v", share, a)
		}
	}
	for _, price := range a.GCPrices {
		if !(price.CPUShare >= 0 && price.CPUShare <= 0.5) || price.Limit > 1<<60 || price.Heap > price.Limit {
			t.Errorf("absurd price %+v", price)
		}
	}
	a.Growth = finding.OK // others have no name in JSON
	if _, err := json.Marshal(a); err != nil {
		t.Error(err)
	}
}
