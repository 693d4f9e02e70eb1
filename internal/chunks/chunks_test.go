package chunks_test

import (
	"bytes"
	"math/rand/v2"
	"runtime"
	"sync"
	"testing"
	"time"
	"weak"

	"github.com/govitals/govitals/internal/chunks"
)

func TestEveryReaderSeesTheWholeBody(t *testing.T) {
	body := make([]byte, 100_000)
	random := rand.NewChaCha8([32]byte{1})
	_, _ = random.Read(body)
	first := chunks.New()
	var readers sync.WaitGroup
	for range 8 {
		readers.Go(func() {
			var got bytes.Buffer
			for at := first; !at.Last; {
				<-at.Grown()
				at = at.Next()
				got.Write(at.Data)
			}
			if !bytes.Equal(got.Bytes(), body) {
				t.Errorf("got %d bytes, not the %d written", got.Len(), len(body))
			}
		})
	}
	for tail, at := first, 0; at < len(body); {
		n := min(1+rand.IntN(5000), len(body)-at)
		tail = tail.Append(body[at:at+n], at+n == len(body))
		at += n
	}
	readers.Wait()
}

func TestCutListEnds(t *testing.T) {
	first := chunks.New()
	if first.HasGrown() {
		t.Error("a new list has grown")
	}
	first.Cut()
	if !first.HasGrown() || first.Next() != nil {
		t.Errorf("a cut list goes on with %v", first.Next())
	}
}

func TestWhatAllHavePassedIsFreed(t *testing.T) {
	tail := chunks.New()
	old := tail.Append(make([]byte, 1<<10), false)
	gone := weak.Make(old)
	tail = old.Append([]byte("x"), true)
	old = nil
	for begin := time.Now(); gone.Value() != nil; runtime.GC() {
		if time.Since(begin) > 10*time.Second {
			t.Fatal("a chunk that nobody holds is not freed")
		}
	}
	runtime.KeepAlive(tail)
}

func TestSizesGrow(t *testing.T) {
	size, sum, n := 0, 0, 0
	for ; sum < 8<<20; n++ {
		size = chunks.NextSize(size, 64<<10, 1<<20)
		sum += size
	}
	if n > 14 || size != 1<<20 {
		t.Errorf("8 MiB are %d chunks, the last of %d bytes; want at most 14 up to 1 MiB", n, size)
	}
}
