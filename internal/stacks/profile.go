package stacks

import (
	"iter"
	"runtime"
)

const (
	// maxFrames is the depth at which runtime.GoroutineProfile cuts a stack.
	maxFrames = len(runtime.StackRecord{}.Stack0)
	// maxKept is how many records are kept for the next profile: 1 MiB.
	maxKept = 4096
	// maxTails bounds the table of stacks whose site is known.
	maxTails = 8192
	// maxSites bounds the sites of a Profile.
	maxSites = 4096
	attempts = 4
)

// Other is the site of all goroutines for which there was no room.
var Other = Site{Root: "(other)", Leaf: "(other)"}

// Profile counts goroutines by site. The zero value is ready. It is not safe
// for concurrent use.
type Profile struct {
	records []runtime.StackRecord
	tails   map[ends]*group
	groups  map[Site]*group
}

type group struct {
	site Site
	n    int
}

// ends is what identifies the site of a stack: its innermost and its outermost
// calls. Looking at these alone spares a profile of 100,000 goroutines most of
// its names.
type ends struct {
	inner [5]uintptr
	outer [3]uintptr
}

// Read takes a profile of all goroutines and forgets the one before. It reports
// false if goroutines were started faster than it could make room for them;
// then the counts are those of the last one that succeeded.
func (p *Profile) Read() bool {
	records, ok := p.fill()
	if ok {
		p.begin()
		for i := range records {
			p.count(&records[i])
		}
	}
	if len(p.records) > maxKept {
		p.records = nil
	}
	return ok
}

// fill gets the records. Asking with no room does not stop the world; the extra
// room is small since the runtime allocates in proportion to it.
func (p *Profile) fill() ([]runtime.StackRecord, bool) {
	n, _ := runtime.GoroutineProfile(nil)
	for try := range attempts {
		if room := n + n>>(7-try) + 16; room > len(p.records) {
			p.records = make([]runtime.StackRecord, room)
		}
		var ok bool
		if n, ok = runtime.GoroutineProfile(p.records); ok {
			return p.records[:n], true
		}
	}
	return nil, false
}

func (p *Profile) begin() {
	if p.groups == nil || len(p.tails) >= maxTails || len(p.groups) >= maxSites {
		p.tails, p.groups = make(map[ends]*group), make(map[Site]*group)
	}
	for _, g := range p.groups {
		g.n = 0
	}
}

func (p *Profile) count(r *runtime.StackRecord) {
	stack := r.Stack()
	key := endsOf(stack)
	g := p.tails[key]
	if g == nil {
		g = p.group(siteOf(stack, len(stack) == maxFrames))
		if isExact(stack) && len(p.tails) < maxTails {
			p.tails[key] = g
		}
	}
	g.n++
}

// group returns the group of a site, that of Other once there is no more room.
func (p *Profile) group(site Site) *group {
	if g := p.groups[site]; g != nil {
		return g
	}
	if len(p.groups) >= maxSites-1 && site != Other {
		return p.group(Other)
	}
	g := &group{site: site}
	p.groups[site] = g
	return g
}

// endsOf returns the key of a stack. The outer end of a cut stack is random.
func endsOf(stack []uintptr) (key ends) {
	copy(key.inner[:], stack)
	if len(stack) < maxFrames {
		copy(key.outer[:], stack[max(0, len(stack)-len(key.outer)):])
	}
	return key
}

// isExact reports whether the site of a stack follows from its ends: a stack
// that is all runtime at its inner end needs a look at more of it.
func isExact(stack []uintptr) bool {
	return len(stack) <= len(ends{}.inner) || leafAt(stack) < len(ends{}.inner)
}

func leafAt(stack []uintptr) int {
	for i, pc := range stack {
		if !isRuntime(name(pc)) {
			return i
		}
	}
	return len(stack)
}

// All returns the sites and their counts in no order, but for our own.
func (p *Profile) All() iter.Seq2[Site, int] {
	return func(yield func(Site, int) bool) {
		for site, g := range p.groups {
			if g.n > 0 && !OwnRoot(site.Root) && !yield(site, g.n) {
				return
			}
		}
	}
}

// siteOf names the ends of a stack as [Goroutine.Site] does. The outer end of a
// cut stack is not known.
func siteOf(stack []uintptr, cut bool) Site {
	var s Site
	if at := leafAt(stack); at < len(stack) {
		s.Leaf = name(stack[at])
	}
	if !cut {
		s.Root = rootOf(stack)
	}
	if s.Leaf == "" {
		s.Leaf = s.Root
	}
	return s
}

// rootOf names what was started. Below it the runtime has its own calls:
// runtime.goexit, and runtime.main below main.main.
func rootOf(stack []uintptr) string {
	last := len(stack) - 1
	for last > 0 && isRuntime(name(stack[last])) {
		last--
	}
	if last > 0 && startsOthers(name(stack[last])) {
		last--
	}
	if last < 0 {
		return ""
	}
	return name(stack[last])
}

// name returns the function of a return address.
func name(pc uintptr) string {
	if f := runtime.FuncForPC(pc - 1); f != nil {
		return f.Name()
	}
	return ""
}
