package leakguard

// A window is looked at each time that seldom buckets of it are new, the shortest,
// which costs most of it all, half as often, or while it passes rarely: a verdict looks
// for itself.
const (
	seldom = 4
	rarely = 16
)

// livesReview is the tier with which many lives are looked at.
const livesReview = 5

// review looks at the window of a tier, unless it is too early for that.
func (t *Trend) review(k int, number int64) {
	often := int64(seldom)
	switch {
	case t.tiers[k].held > 0:
		often = rarely
	case k == suspectTier:
		often = 2 * seldom
	}
	if k < suspectTier || number%often != 0 || t.lifeN == 0 {
		return
	}
	t.learn(k)
	t.note(k)
	if k == livesReview {
		t.note(livesTier)
	}
}

// note looks at a window and remembers since when it has passed every rule.
func (t *Trend) note(k int) {
	var e evidence
	e.examine(t, k, onlySize)
	e.mend(t)
	for _, shorter := range e.witnesses(t) {
		if e.failed == passed && shorter > 0 {
			var recent evidence
			recent.examine(t, shorter, withError)
			e.compare(&recent)
		}
	}
	if e.failed == passed {
		e.daily = t.isDaily(&e)
	}
	held := t.heldSince(k)
	switch {
	case e.failed != passed || e.daily:
		*held = 0
	case *held == 0:
		*held = t.lives[t.lifeN-1].last + 1
	}
}

// compare fails a window if a shorter one says that the growth is over: its
// slope by itself, with a load effect of its own, is lower than leastRecent of
// this one beyond two standard errors.
func (e *evidence) compare(recent *evidence) {
	most := (recent.fit.best + 2*recent.fit.error) * recent.window.level
	if recent.failed != tooFew && most < leastRecent*e.fit.slope*e.window.level {
		e.failed = isOver
	}
}

// witnesses are the shorter windows that must not deny the growth, 0 for none:
// of a half and of a quarter of the length, and where earlier lives speak too,
// that of the latest life alone, for it may be the one with the remedy.
func (e *evidence) witnesses(t *Trend) (tiers [3]int) {
	if e.tier == livesTier {
		return [3]int{joinTier - 1}
	}
	tiers[0] = e.tier - 1
	if e.tier-2 >= joinTier-1 {
		tiers[1] = e.tier - 2
	}
	if e.tier-2 > joinTier-1 && e.window.n > 0 && int(e.window.life[0]) != t.lifeN-1 {
		tiers[2] = joinTier - 1
	}
	return tiers
}

// heldFor returns for how long a window has passed every rule.
func (t *Trend) heldFor(k int) float64 {
	held := *t.heldSince(k)
	if held == 0 {
		return -1
	}
	return float64(t.lives[t.lifeN-1].last + 1 - held)
}

func (t *Trend) heldSince(k int) *int64 {
	if k == livesTier {
		return &t.livesHeld
	}
	return &t.tiers[k].held
}
