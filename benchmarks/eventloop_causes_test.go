//go:build linux

package benchmarks

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/govitals/govitals/eventloop"
)

// causeChild tells a child process what to do to itself.
const causeChild = "GOVITALS_CAUSE_CHILD"

// causeGroups are files of control groups that it moves to.
const causeGroups = "GOVITALS_CAUSE_GROUPS"

// injections is how often each disturbance is made.
const injections = 10

// disturbance is one row of the matrix: a child process with a Probe, what is
// done to it, and the cause that the Probe should name.
type disturbance struct {
	name      string
	want      eventloop.Cause // "" if there should be no stall
	threshold time.Duration
	// inside is what the child does to itself during one injection, nil if the
	// harm comes from outside.
	inside func(*sufferer)
	// outside does harm to the child from the parent, once, from the time at
	// which it is called. It returns a reason to skip it.
	outside func(pid int) error
	// cpu are settings of the control group that the child lives in, of both
	// versions, besides a weight that keeps the neighbours away.
	cpu     map[string]string
	freezer bool          // it is to be frozen
	length  time.Duration // of one injection by the child, where it is not given by the work
	copies  int           // of 1 GiB, without a point in between at which they could be preempted; 0 is one
}

var disturbances = []disturbance{
	{name: "CFS quota of 40 %, 2 hogs", want: eventloop.CauseThrottled, threshold: 30 * time.Millisecond, inside: (*sufferer).hogs, length: 300 * time.Millisecond, cpu: map[string]string{"cpu.cfs_period_us": "100000", "cpu.cfs_quota_us": "40000", "cpu.max": "40000 100000"}},
	{name: "SIGSTOP of 200 ms, idle", want: eventloop.CauseFrozen, threshold: 50 * time.Millisecond, outside: stopFor200ms},
	{name: "SIGSTOP of 200 ms, 2 hogs", want: eventloop.CauseFrozen, threshold: 100 * time.Millisecond, outside: stopFor200ms, inside: (*sufferer).hogs, length: 6 * time.Second},
	{name: "freezer for 200 ms", want: eventloop.CauseFrozen, threshold: 50 * time.Millisecond, outside: freezeFor200ms, freezer: true},
	{name: "8 processes spin, child has a tenth of their weight and 2 hogs", want: eventloop.CauseHostContention, threshold: 40 * time.Millisecond, outside: spinOutside, inside: (*sufferer).hogs, length: 12 * time.Second, cpu: map[string]string{"cpu.shares": "100", "cpu.weight": "4"}},
	{name: "runtime.Stack of 100,000 goroutines", want: eventloop.CauseSTW, threshold: 50 * time.Millisecond, inside: (*sufferer).dumpStacks},
	{name: "copy of 1 GiB on 1 of 2 P, ReadMemStats", want: eventloop.CauseSTWBlocked, threshold: 50 * time.Millisecond, inside: (*sufferer).copyAndStop},
	{name: "GC of 12 million objects while 2 goroutines allocate", want: eventloop.CauseGC, threshold: 20 * time.Millisecond, inside: (*sufferer).collect, length: 600 * time.Millisecond},
	{name: "8 spinners per P", want: eventloop.CauseRunqueue, threshold: 50 * time.Millisecond, inside: (*sufferer).spinners, length: 400 * time.Millisecond},
	{name: "1,000 goroutines of 1 ms at once", want: eventloop.CauseRunqueue, threshold: 50 * time.Millisecond, inside: (*sufferer).burst},
	{name: "copy of 1 GiB on every P, shorter than IdlePeriod: seen by chance", want: eventloop.CauseNonpreemptible, threshold: 50 * time.Millisecond, inside: (*sufferer).copyEverywhere},
	{name: "copy of 3 GiB on every P", want: eventloop.CauseNonpreemptible, threshold: 50 * time.Millisecond, inside: (*sufferer).copyEverywhere, copies: 3},
	{name: "copy of 1 GiB on every P, 300 requests/s: seen by chance", want: eventloop.CauseNonpreemptible, threshold: 50 * time.Millisecond, inside: (*sufferer).copyAmongRequests},
	{name: "copy of 3 GiB on every P, 300 requests/s", want: eventloop.CauseNonpreemptible, threshold: 50 * time.Millisecond, inside: (*sufferer).copyAmongRequests, copies: 3},
	{name: "100 goroutines at a lock held for 5 ms", threshold: 50 * time.Millisecond, inside: (*sufferer).convoy},
	{name: "idle", threshold: 50 * time.Millisecond, inside: func(*sufferer) {}, length: 300 * time.Millisecond},
}

// causeScore counts what a Probe said about the injections of one disturbance.
type causeScore struct {
	right, wrong, unknown, unseen int
	said                          map[eventloop.Cause]int
	detail                        []string
}

// BenchmarkEventloopCauses makes each disturbance ten times and counts how often the
// cause that the Probe names is the right one. With -v it shows the evidence. Its times
// are real ones, as the kernel and other processes take part.
//
//	go test -run '^$' -bench EventloopCauses -benchtime 1x
func BenchmarkEventloopCauses(b *testing.B) {
	table := "\n| disturbance | cause | right | unknown | wrong | no stall seen |\n|---|---|---|---|---|---|\n"
	for _, d := range disturbances {
		b.Run(d.name, func(b *testing.B) {
			var score causeScore
			for b.Loop() {
				score = d.run(b)
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(float64(score.right), "right")
			b.ReportMetric(float64(score.unknown), "unknown")
			b.ReportMetric(float64(score.wrong), "wrong")
			table += score.row(d)
			if testing.Verbose() {
				b.Log(strings.Join(score.detail, "\n"))
			}
		})
	}
	fmt.Println(table)
}

// row is a line of the table.
func (s causeScore) row(d disturbance) string {
	want := string(d.want)
	if want == "" {
		want = "none"
	}
	others := ""
	for cause := range s.said {
		if cause != d.want && cause != eventloop.CauseUnknown {
			others += " " + string(cause)
		}
	}
	return fmt.Sprintf("| %s | %s | %d | %d | %d%s | %d |\n", d.name, want, s.right, s.unknown, s.wrong, others, s.unseen)
}

// injected is when an injection was made.
type injected struct{ start, end time.Time }

// stall is what the child's Probe said.
type stall struct {
	injected
	cause    eventloop.Cause
	evidence string
}

func (d disturbance) run(b *testing.B) causeScore {
	b.Helper()
	program, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	child := exec.Command(program, "-test.run", "^TestEventloopCausesChild$", "-test.v", "-test.timeout", "2m")
	child.Env = append(os.Environ(), causeChild+"="+d.name, "GOMAXPROCS=2")
	child.Stderr = os.Stderr
	undo, err := d.confine(child)
	if err != nil {
		b.Skip(err)
	}
	defer undo()
	output, err := child.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := child.Start(); err != nil {
		b.Fatal(err)
	}
	defer child.Process.Kill()
	return d.follow(b, child, bufio.NewScanner(output))
}

// follow reads what the child says until it ends, and does it harm meanwhile.
func (d disturbance) follow(b *testing.B, child *exec.Cmd, lines *bufio.Scanner) causeScore {
	b.Helper()
	var made []injected
	var stalls []stall
	harmed := make(chan []injected, 1)
	for lines.Scan() {
		fields := strings.SplitN(lines.Text(), " ", 5)
		switch {
		case fields[0] == "READY" && d.outside != nil:
			go func() { harmed <- d.harm(child.Process) }()
		case fields[0] == "INJECTED":
			made = append(made, parseInterval(fields))
		case fields[0] == "STALL":
			stalls = append(stalls, stall{parseInterval(fields), eventloop.Cause(fields[3]), fields[4]})
		case fields[0] == "FAULT":
			b.Fatal(lines.Text())
		}
	}
	if err := child.Wait(); err != nil {
		b.Fatal(err)
	}
	if d.outside != nil {
		made = <-harmed
	}
	if len(made) != injections {
		b.Fatalf("%d of %d injections were made", len(made), injections)
	}
	return d.judge(made, stalls)
}

// harm does harm from outside and then ends the child.
func (d disturbance) harm(child *os.Process) (made []injected) {
	defer child.Signal(syscall.SIGTERM)
	for range injections {
		i := injected{start: time.Now()}
		if err := d.outside(child.Pid); err != nil {
			return made
		}
		i.end = time.Now()
		made = append(made, i)
		time.Sleep(300 * time.Millisecond) // or two disturbances would be one stall
	}
	return made
}

func parseInterval(fields []string) injected {
	at := func(i int) time.Time {
		n, _ := strconv.ParseInt(fields[i], 10, 64)
		return time.Unix(0, n)
	}
	return injected{at(1), at(2)}
}

// judge goes by the longest stall that overlaps each injection.
func (d disturbance) judge(made []injected, stalls []stall) causeScore {
	o := causeScore{said: map[eventloop.Cause]int{}}
	for _, i := range made {
		var longest *stall
		for k := range stalls {
			s := &stalls[k]
			if s.start.Before(i.end.Add(20*time.Millisecond)) && s.end.After(i.start) &&
				(longest == nil || s.end.Sub(s.start) > longest.end.Sub(longest.start)) {
				longest = s
			}
		}
		switch {
		case longest == nil:
			o.unseen++
			continue
		case longest.cause == d.want:
			o.right++
		case longest.cause == eventloop.CauseUnknown:
			o.unknown++
		default:
			o.wrong++
		}
		o.said[longest.cause]++
		o.detail = append(o.detail, fmt.Sprintf("%s: %s", longest.cause, longest.evidence))
	}
	if d.want == "" { // then each stall is a disturbance by others, and unseen is right
		o.right, o.unseen = o.unseen, 0
	}
	return o
}

// sufferer is the child process.
type sufferer struct {
	length   time.Duration
	copies   int
	source   []byte
	target   [2][]byte
	pointers []*pointed
	stop     chan struct{}
}

// TestEventloopCausesChild is the child process of BenchmarkEventloopCauses.
func TestEventloopCausesChild(t *testing.T) {
	name := os.Getenv(causeChild)
	i := slices.IndexFunc(disturbances, func(d disturbance) bool { return d.name == name })
	if i < 0 {
		t.Skip("it has nothing to do by itself")
	}
	d := disturbances[i]
	v := &sufferer{length: d.length, copies: max(1, d.copies), stop: make(chan struct{})}
	for _, group := range filepath.SplitList(os.Getenv(causeGroups)) {
		if err := os.WriteFile(group, []byte(strconv.Itoa(os.Getpid())), 0o644); err != nil {
			fmt.Println("FAULT", err)
		}
	}
	v.prepare(d)
	probe, err := eventloop.New(eventloop.Config{StallThreshold: d.threshold, OnStall: func(s eventloop.Stall) {
		fmt.Printf("STALL %d %d %s %v\n", s.Start.UnixNano(), s.Start.Add(s.Lag).UnixNano(), s.Cause, s.Evidence)
	}})
	if err != nil {
		t.Fatal(err)
	}
	if err := probe.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer probe.Close()
	time.Sleep(1200 * time.Millisecond) // what is usual has to be known
	fmt.Println("READY")
	if d.outside != nil {
		terminated := make(chan os.Signal, 1)
		notify(terminated)
		if d.inside != nil {
			go d.inside(v)
		}
		<-terminated
		return
	}
	for range injections {
		start := time.Now()
		d.inside(v)
		fmt.Printf("INJECTED %d %d\n", start.UnixNano(), time.Now().UnixNano())
		time.Sleep(400 * time.Millisecond) // or two disturbances would be one stall
	}
}

func stopFor200ms(pid int) error {
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		return err
	}
	time.Sleep(200 * time.Millisecond)
	return syscall.Kill(pid, syscall.SIGCONT)
}

func freezeFor200ms(int) error {
	dir := groupOf("freezer")
	file, frozen, thawed := filepath.Join(dir, "freezer.state"), "FROZEN", "THAWED"
	if !version1() {
		file, frozen, thawed = filepath.Join(dir, "cgroup.freeze"), "1", "0"
	}
	if err := os.WriteFile(file, []byte(frozen), 0o644); err != nil {
		return err
	}
	time.Sleep(200 * time.Millisecond)
	return os.WriteFile(file, []byte(thawed), 0o644)
}

// spinOutside has eight processes spin for half a second.
func spinOutside(int) error {
	var all []*exec.Cmd
	for range 8 {
		c := exec.Command("sh", "-c", "while :; do :; done")
		if err := c.Start(); err != nil {
			return err
		}
		all = append(all, c)
	}
	time.Sleep(500 * time.Millisecond)
	for _, c := range all {
		c.Process.Kill()
		c.Wait()
	}
	return nil
}

// hogs keeps two goroutines busy.
func (v *sufferer) hogs() { v.spin(2) }

func (v *sufferer) spinners() { v.spin(8 * runtime.GOMAXPROCS(0)) }

func (v *sufferer) spin(n int) {
	var done sync.WaitGroup
	end := time.Now().Add(v.length)
	for range n {
		done.Go(func() {
			for time.Now().Before(end) {
			}
		})
	}
	done.Wait()
}
