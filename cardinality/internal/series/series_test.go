package series

import (
	"testing"
	"time"
)

// What grows is named, with its label, and what grew long ago and stopped is not.
func TestMetrics(t *testing.T) {
	var m Metrics
	begin := time.Now()
	update := func(minutes int, grows, plateau float64, label string) {
		m.Update(begin.Add(time.Duration(minutes)*time.Minute), map[string]Count{
			"grows": {grows, label}, "plateau": {plateau, ""}, "still": {7, ""},
		})
	}
	update(0, 10, 10, "")
	for minute := range 60 {
		update(minute+1, float64(10+minute), float64(min(10+10*minute, 100)), "")
	}
	if !m.Watched()["grows"] || m.Watched()["still"] {
		t.Errorf("watched: %v", m.Watched())
	}
	update(61, 80, 100, "path")
	got := m.Culprits(5)
	if len(got) != 1 || got[0].Name != "grows{path}" || got[0].Share != 1 {
		t.Errorf("%+v", got)
	}
	if m.Watched()["grows"] {
		t.Error("its labels are looked at again before it has doubled")
	}
	m.Update(begin.Add(2*time.Hour), map[string]Count{"still": {7, ""}})
	if len(m.Culprits(5)) != 0 || len(m.all) != 1 {
		t.Errorf("%+v", m.all)
	}
}

// A label value that is seen for the first time is no culprit beside an explosion.
func TestWhatHardlyGrewIsNotNamed(t *testing.T) {
	var m Metrics
	begin := time.Now()
	m.Update(begin, map[string]Count{"explodes": {1000, ""}, "status": {3, ""}})
	m.Update(begin.Add(time.Minute), map[string]Count{"explodes": {2000, "path"}, "status": {4, ""}})
	if got := m.Culprits(5); len(got) != 1 || got[0].Name != "explodes{path}" {
		t.Errorf("%+v", got)
	}
}

func TestValues(t *testing.T) {
	v := Values{}
	if v.Most() != "" {
		t.Error("a label of none")
	}
	v.Add("b", "1")
	v.Add("a", "1")
	if got := v.Most(); got != "" {
		t.Errorf("%q has one value", got)
	}
	for _, value := range []string{"1", "2", "2", "3"} {
		v.Add("a", value)
		v.Add("b", "1")
	}
	if got := v.Most(); got != "a" {
		t.Errorf("%q", got)
	}
}
