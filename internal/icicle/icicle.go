package icicle

import (
	"bufio"
	"cmp"
	"context"
	"io"
	"iter"
)

// Config says what is drawn. The zero value is recommended.
type Config struct {
	// Title heads the picture. Default: "Profile".
	Title string
	// Unit is the UCUM unit of the values, such as "By". Default: none.
	Unit string
	// Diff says that the values are changes. Default: false.
	Diff bool
}

const (
	maxDrawn  = 1000  // frames; each may add a "…"
	maxBelow  = 20    // of them below one caller
	minShare  = 0.002 // of the whole, below which nothing is drawn
	checkEach = 256   // stacks between two looks at the context
)

// Write draws stacks, each the outermost frame first, with its value. The slice
// may be reused. It stops when ctx ends.
func Write(ctx context.Context, w io.Writer, c Config, stacks iter.Seq2[[]string, int64]) error {
	t := newTree(maxNodes)
	n := 0
	for stack, value := range stacks {
		if n++; n%checkEach == 1 && ctx.Err() != nil {
			return ctx.Err()
		}
		t.add(stack, value)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	t.prune(maxDrawn, minShare)
	t.sum()
	out := bufio.NewWriter(w)
	c.Title = cmp.Or(c.Title, "Profile")
	newPicture(out, c, t).draw()
	return out.Flush()
}
