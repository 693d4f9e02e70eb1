package ringdir

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// ids lists what a Dir keeps, the oldest first.
func ids(t *testing.T, d *Dir) []string {
	t.Helper()
	records, err := d.Records()
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, r := range slices.Backward(records) {
		all = append(all, r.ID)
	}
	return all
}

func TestRingKeepsBaselineVerdictsLastAndLargest(t *testing.T) {
	d := newDir(t.TempDir())
	var made []string
	for i, r := range []struct {
		kind string
		n    int
	}{{"baseline", 5}, {"limit70", 50}, {"limit70", 60}, {"limit70", 10}, {"verdict", 6}, {"limit70", 11}, {"limit70", 12}, {"limit70", 13}, {"limit70", 14}} {
		made = append(made, put(t, d, noon.Add(time.Duration(i)*time.Hour), r.kind, r.n))
	}
	want := []string{made[0], made[1], made[2], made[4], made[6], made[7], made[8]}
	if got := ids(t, d); !slices.Equal(got, want) {
		t.Errorf("it keeps\n%v, want\n%v", got, want)
	}
}

func TestBoundsGiveUpWhatIsWorthLeast(t *testing.T) {
	d := newDir(t.TempDir())
	var made []string
	for i, kind := range []string{"baseline", "verdict", "limit70", "verdict", "limit70"} {
		made = append(made, put(t, d, noon.Add(time.Duration(i)*time.Hour), kind, 300))
	}
	want := []string{made[0], made[3], made[4]} // of 1,000 bytes: the baseline, the newest verdict, the newest
	if got := ids(t, d); !slices.Equal(got, want) {
		t.Errorf("it keeps\n%v, want\n%v", got, want)
	}
}

// A record without its main file, such as one that was refused for want of
// memory, must not push out a profile.
func TestRecordsWithoutMainFileHaveARingOfTheirOwn(t *testing.T) {
	d := newDir(t.TempDir())
	var whole []string
	for i := range 3 {
		whole = append(whole, put(t, d, noon.Add(time.Duration(i)*time.Second), "limit70", 10))
	}
	var bare []string
	for i := range 6 {
		at := noon.Add(time.Hour + time.Duration(i)*time.Second)
		id := d.NewID(at, "limit80", "refused")
		if _, err := d.Write(id, "json", at, content(5)); err != nil {
			t.Fatal(err)
		}
		if err := d.Prune(at, i%2 == 0); err != nil {
			t.Fatal(err)
		}
		bare = append(bare, id)
	}
	if got, want := ids(t, d), append(whole, bare[3:]...); !slices.Equal(got, want) {
		t.Errorf("it keeps\n%v, want\n%v", got, want)
	}
}

func TestNothingGoodIsPrunedAfterAFailure(t *testing.T) {
	dir := t.TempDir()
	first := newDir(dir)
	for i := range 9 {
		if _, err := first.Write(first.NewID(noon, "limit70", fmt.Sprint(i)), "pb.gz", noon, content(200)); err != nil {
			t.Fatal(err)
		}
	}
	if err := first.Prune(noon, false); err != nil {
		t.Fatal(err)
	}
	if got := ids(t, first); len(got) != 9 {
		t.Errorf("%d of 9 records are left after a failure", len(got))
	}
	if err := first.Prune(noon, true); err != nil {
		t.Fatal(err)
	}
	if got := ids(t, first); len(got) != 3 { // of equal ones the newest are the largest
		t.Errorf("%d records are left after a success, want the last three", len(got))
	}
}

func TestForeignFilesStay(t *testing.T) {
	dir := t.TempDir()
	names := []string{"heap.pb.gz", "20261121T120000.000Z.pb.gz", "20261121T120000.000Z-limit70-x-p1.pb.gz", "notes.json.tmp", "99999999T120000.000Z-limit70-x-p1-abcdef.pb.gz"}
	for _, name := range names {
		if err := os.WriteFile(filepath.Join(dir, name), make([]byte, 5000), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(filepath.Join(dir, name), noon, noon.Add(-24*time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
	d := newDir(dir)
	put(t, d, noon, "verdict", 900)
	left := onDisk(t, dir)
	for _, name := range names {
		if !slices.Contains(left, name) {
			t.Errorf("%s is gone, which is not ours", name)
		}
	}
}

func TestTwoProcessesLeaveEachOtherAlone(t *testing.T) {
	dir := t.TempDir()
	a, b := newDir(dir), newDir(dir)
	var ofA string
	for i := range 20 { // each fills its bound, several times over
		at := noon.Add(time.Duration(i) * time.Minute)
		ofA = put(t, a, at, "limit70", 330)
		ofB := put(t, b, at, "limit70", 330)
		for _, newest := range []string{ofA, ofB} {
			if !slices.Contains(ids(t, a), newest) {
				t.Fatalf("round %d: %s is gone", i, newest)
			}
		}
	}
	if got := len(ids(t, a)); got != 6 {
		t.Errorf("%d records are kept, want 3 of each process within its 1,000 bytes", got)
	}
	// a is killed. Within the grace, and as long as it beats, its records stay.
	at := noon.Add(19*time.Minute + Grace)
	put(t, b, at, "limit70", 330)
	if !slices.Contains(ids(t, b), ofA) {
		t.Error("a record of another process went before the grace was over")
	}
	if err := a.Beat(at); err != nil {
		t.Fatal(err)
	}
	put(t, b, at.Add(Grace), "limit70", 330)
	if !slices.Contains(ids(t, b), ofA) {
		t.Error("a record of a process that beats is gone")
	}
	newest := put(t, b, at.Add(Grace+time.Minute), "limit70", 330)
	if got := ids(t, b); slices.Contains(got, ofA) || !slices.Contains(got, newest) || len(got) != 3 {
		t.Errorf("when a is gone, %v are kept, want three of b", got)
	}
}

func TestWhatTheDeadLeftIsKeptWhileThereIsRoom(t *testing.T) {
	dir := t.TempDir()
	dead, alive := newDir(dir), newDir(dir)
	old := put(t, dead, noon, "limit70", 300)
	last := put(t, dead, noon.Add(time.Minute), "last_words", 300)
	tmp := filepath.Join(dir, dead.NewID(noon, "limit70", "x")+".pb.gz.tmp")
	if err := os.WriteFile(tmp, []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(tmp, noon, noon); err != nil {
		t.Fatal(err)
	}
	next := noon.Add(time.Hour)
	mine := put(t, alive, next, "baseline", 500)
	if got, want := ids(t, alive), []string{last, mine}; !slices.Equal(got, want) {
		t.Errorf("it keeps %v, want %v: the oldest goes first, %s", got, want, old)
	}
	if _, err := os.Stat(tmp); err == nil {
		t.Error("an unfinished file of a dead process is left")
	}
}

// What is given up must never be our newest or of a living process, and the
// rest must be within the bounds as far as these two allow.
func TestPlanHoldsItsPromises(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	config := newDir("").config
	for range 500 {
		records := someRecords(random)
		dropped := config.giveUp(records, noon, true)
		var bytes int64
		files, left, newestSeen := 0, 0, false
		for _, r := range records {
			living := !r.Own && noon.Sub(r.touched) <= Grace
			isDropped := slices.ContainsFunc(dropped, func(d Record) bool { return d.ID == r.ID })
			newest := r.Own && !newestSeen
			newestSeen = newestSeen || r.Own
			if isDropped && (living || newest) {
				t.Fatalf("%+v is given up", r)
			}
			if !isDropped && !living {
				bytes, files, left = bytes+r.Bytes, files+len(r.Files), left+1
			}
		}
		if left > 1 && (bytes > config.MaxBytes || files > config.MaxFiles) {
			t.Fatalf("%d bytes in %d files of %d records are kept of\n%+v", bytes, files, left, records)
		}
	}
}

// someRecords makes up to 40 records of four owners, of which one is us and one
// lives.
func someRecords(random *rand.Rand) []Record {
	var records []Record
	for i := range random.IntN(40) {
		owner := random.IntN(4)
		touched := noon.Add(-24 * time.Hour)
		if owner == 1 {
			touched = noon
		}
		r := Record{
			ID: fmt.Sprintf("%02d", 99-i), Kind: []string{"baseline", "verdict", "limit70"}[random.IntN(3)],
			Own: owner == 0, owner: fmt.Sprint(owner), touched: touched, Bytes: int64(random.IntN(400)),
			Files: []File{{Ext: "json"}},
		}
		if random.IntN(3) > 0 {
			r.Files = append(r.Files, File{Ext: "pb.gz"})
		}
		records = append(records, r)
	}
	return records
}
