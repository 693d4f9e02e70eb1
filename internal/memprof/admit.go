package memprof

// owner says whose a site is.
type owner uint8

const (
	notAsked owner = iota
	library        // this library
	program        // anybody else
)

// isOwn reports whether this library allocated what a site holds. It looks a
// stack up once, when the site is new, and only as far as its owner.
func (t *Tracker) isOwn(r *Reader, s *site) bool {
	if s.owner == notAsked && s.row >= 0 {
		s.owner = program
		if Owner(r.Stack(&r.table.rows[s.row])).IsOwn() {
			s.owner = library
		}
	}
	return s.owner == library
}

// admit gives each stack that has no history one, as long as there is room, and
// then those that hold more than the least of all sites.
func (t *Tracker) admit(r *Reader) {
	rows := r.Rows()
	t.untracked, t.weakest = Untracked{}, t.weakest[:0]
	isFirst, isLate := len(t.moments.kept) == 0, t.isPartial
	for i := range rows {
		row := &rows[i]
		if row.tracked {
			continue
		}
		s := t.place(row, rows)
		if s == nil {
			continue
		}
		*s = site{hash: row.Hash, row: int32(i), isLate: isLate}
		row.tracked = true
		if isFirst {
			s.start(row)
		}
		t.sift(0, rows)
	}
	t.sumUp(rows)
}

// sumUp counts what was left out.
func (t *Tracker) sumUp(rows []Row) {
	for i := range rows {
		row := &rows[i]
		if row.tracked {
			continue
		}
		t.isPartial = true
		if row.InUseBytes > 0 {
			t.untracked.Sites++
			t.untracked.Bytes = sum(t.untracked.Bytes, row.InUseBytes)
		}
	}
}

// place returns the site to use for a new stack: a free one, or that of the
// least important stack, which is given up. It is nil if all hold more.
func (t *Tracker) place(row *Row, rows []Row) *site {
	if len(t.sites) < MaxSites {
		return t.extend(len(rows))
	}
	if row.InUseBytes == 0 {
		return nil
	}
	if len(t.weakest) == 0 {
		t.heapify(rows)
	}
	least := &t.sites[t.weakest[0]]
	if row.InUseBytes <= t.peak(least, rows) {
		return nil
	}
	if least.row >= 0 {
		rows[least.row].tracked = false
	}
	return least
}

// extend returns one more site. The doubling of append would pass the bound.
func (t *Tracker) extend(wanted int) *site {
	if len(t.sites) == cap(t.sites) {
		t.sites = append(make([]site, 0, min(MaxSites, wanted+wanted/8+16)), t.sites...)
	}
	t.sites = t.sites[:len(t.sites)+1]
	return &t.sites[len(t.sites)-1]
}

// peak is the most that a site held at any moment that is kept, or holds.
func (t *Tracker) peak(s *site, rows []Row) int64 {
	most := s.first.bytes
	if s.row >= 0 {
		most = max(most, rows[s.row].InUseBytes)
	}
	for _, p := range s.later[:max(0, len(t.moments.kept)-1)] {
		most = max(most, int64(p.bytes))
	}
	return most
}

// heapify makes weakest a binary heap of all sites, the lowest peak on top.
func (t *Tracker) heapify(rows []Row) {
	if cap(t.weakest) == 0 {
		t.weakest = make([]int32, 0, MaxSites)
	}
	for i := range t.sites {
		t.weakest = append(t.weakest, int32(i))
	}
	for i := len(t.weakest)/2 - 1; i >= 0; i-- {
		t.sift(i, rows)
	}
}

// sift moves the element at i down to where it belongs. An empty heap is left
// alone.
func (t *Tracker) sift(i int, rows []Row) {
	peak := func(i int) int64 { return t.peak(&t.sites[t.weakest[i]], rows) }
	for {
		child := 2*i + 1
		if child >= len(t.weakest) {
			return
		}
		if child+1 < len(t.weakest) && peak(child+1) < peak(child) {
			child++
		}
		if peak(i) <= peak(child) {
			return
		}
		t.weakest[i], t.weakest[child] = t.weakest[child], t.weakest[i]
		i = child
	}
}
