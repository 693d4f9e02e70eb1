package pprofenc

import (
	"bytes"
	"debug/elf"
	"encoding/hex"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

func TestMappings(t *testing.T) {
	const maps = `00400000-0040b000 r-xp 00001000 fc:01 787766                             /bin/with a space (deleted)
0060a000-0060b000 r--p 0000a000 fc:01 787766                             /bin/cat
70000000-70001000 r-xp 00000000 00:00 0
74343000-74345000 r-xp 00000000 00:00 0                          [vdso]
nonsense
`
	got := parseMappings(strings.NewReader(maps))
	want := mappings{
		{start: 0x400000, limit: 0x40b000, offset: 0x1000, file: "/bin/with a space"},
		{start: 0x74343000, limit: 0x74345000, file: "[vdso]"},
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %+v", got)
	}
	whole := frame{known: true, file: "f.go", line: 1}
	for pc, id := range map[uintptr]uint64{0: 0, 0x3fffff: 0, 0x400000: 1, 0x40afff: 1, 0x40b000: 0, 0x74344000: 2} {
		if got := want.use(pc, whole); got != id {
			t.Errorf("%#x lies in mapping %d, want %d", pc, got, id)
		}
	}
	if id := (mappings{unknownMapping}).use(0x7fffffff, whole); id != 1 {
		t.Errorf("without known mappings a location lies in %d", id)
	}
	if none := parseMappings(iotest.ErrReader(errors.New("gone"))); len(none) != 0 {
		t.Errorf("an unreadable file gives %v", none)
	}
}

// TestBinaryIsNamed looks for the mapping of the test binary by other means.
func TestBinaryIsNamed(t *testing.T) {
	exe, err := os.Readlink("/proc/self/exe")
	if err != nil {
		t.Skip("no /proc/self/exe: mappings are not known here")
	}
	d := decodeProfile(t, profileOf(Sample{Stack: here(), Values: []int64{1}}))
	id := d.locations[d.samples[0].locations[0]].number(2)
	if d.mappingFiles[id] != exe || !d.hasFunctions[id] {
		t.Errorf("the first location lies in %q, want %q; has_functions is %v", d.mappingFiles[id], exe, d.hasFunctions[id])
	}
	if want := buildIDByDebugELF(t, exe); d.mappingBuildIDs[id] != want {
		t.Errorf("build ID %q, want %q", d.mappingBuildIDs[id], want)
	}
}

func buildIDByDebugELF(t *testing.T, path string) string {
	t.Helper()
	file, err := elf.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	section := file.Section(".note.gnu.build-id")
	if section == nil {
		return ""
	}
	note, err := section.Data()
	if err != nil {
		t.Fatal(err)
	}
	return hex.EncodeToString(note[16:])
}

func FuzzBuildID(f *testing.F) {
	f.Add([]byte("\x7fELF\x02\x01\x01"))
	if exe, err := os.ReadFile("/proc/self/exe"); err == nil {
		f.Add(exe[:8<<10])
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		if id := readBuildID(bytes.NewReader(file)); len(id) > 2*maxNotes {
			t.Errorf("a build ID of %d digits", len(id))
		}
	})
}

func FuzzMappings(f *testing.F) {
	f.Add("00400000-0040b000 r-xp 00000000 fc:01 787766   /bin/cat\n")
	f.Add("-0 x 0\n\n 1-2 --x 0 0 0 a\n")
	f.Fuzz(func(t *testing.T, maps string) {
		for _, m := range parseMappings(strings.NewReader(maps)) {
			if m.file == "" || m.start >= m.limit {
				t.Errorf("%+v", m)
			}
		}
	})
}
