package pprofenc

import (
	"encoding/binary"
	"encoding/hex"
	"io"
	"os"
	"strings"
)

// readBuildIDOf returns the GNU build ID of an ELF file, by which pprof
// recognises the binary of a profile, or "". debug/elf would do it too, at the
// price of debug/dwarf in every program.
func readBuildIDOf(path string) string {
	if !strings.HasPrefix(path, "/") {
		return "" // [vdso] and its like
	}
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() {
		return ""
	}
	file, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer file.Close()
	return readBuildID(file)
}

const (
	maxSections = 128     // more are not looked at
	maxNotes    = 4 << 10 // bytes per section
	noteSection = 7       // SHT_NOTE
	gnuBuildID  = 3       // NT_GNU_BUILD_ID
)

// sections says where an ELF file has its section headers, and where those have
// their offset and size. The numbers are from elf(5). The program headers do not
// serve: those that the Go linker writes leave the build ID out.
type sections struct {
	table, entrySize, count uint64
	offset, size            func(entry []byte) uint64
}

func readBuildID(r io.ReaderAt) string {
	var head [64]byte
	if n, _ := r.ReadAt(head[:], 0); n < len(head) || string(head[:4]) != "\x7fELF" {
		return ""
	}
	var order binary.ByteOrder = binary.LittleEndian
	if head[5] == 2 {
		order = binary.BigEndian
	}
	s := sectionsOf(head[:], order)
	for i := range min(s.count, maxSections) {
		var entry [64]byte
		if n, _ := r.ReadAt(entry[:min(s.entrySize, 64)], int64(s.table+i*s.entrySize)); n < 40 {
			return ""
		}
		if order.Uint32(entry[4:]) != noteSection {
			continue
		}
		notes := make([]byte, min(s.size(entry[:]), maxNotes))
		n, _ := r.ReadAt(notes, int64(s.offset(entry[:])))
		if id := findBuildID(notes[:n], order); id != "" {
			return id
		}
	}
	return ""
}

func sectionsOf(head []byte, order binary.ByteOrder) sections {
	if head[4] == 1 { // 32 bits
		word := func(at int) func([]byte) uint64 {
			return func(b []byte) uint64 { return uint64(order.Uint32(b[at:])) }
		}
		return sections{word(32)(head), uint64(order.Uint16(head[46:])), uint64(order.Uint16(head[48:])), word(16), word(20)}
	}
	word := func(at int) func([]byte) uint64 {
		return func(b []byte) uint64 { return order.Uint64(b[at:]) }
	}
	return sections{word(40)(head), uint64(order.Uint16(head[58:])), uint64(order.Uint16(head[60:])), word(24), word(32)}
}

// findBuildID looks through ELF notes: length of the name, length of the
// content, type, name, content, both padded to 4 bytes.
func findBuildID(notes []byte, order binary.ByteOrder) string {
	const head = 12
	for len(notes) >= head {
		nameLen, contentLen := uint64(order.Uint32(notes)), uint64(order.Uint32(notes[4:]))
		kind := order.Uint32(notes[8:])
		content := head + (nameLen+3)&^3
		end := content + contentLen
		if end > uint64(len(notes)) {
			return ""
		}
		if kind == gnuBuildID && string(notes[head:head+nameLen]) == "GNU\x00" {
			return hex.EncodeToString(notes[content:end])
		}
		notes = notes[min((end+3)&^3, uint64(len(notes))):]
	}
	return ""
}
