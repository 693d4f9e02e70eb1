package icicle

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"iter"
)

// Config says what is drawn. The zero value is recommended.
type Config struct {
	// Title heads the picture. Default: "Profile".
	Title string
	// Unit is the UCUM unit of the values, such as "By". Default: none.
	Unit string
	// Top is how many frames are drawn below one caller before the others are
	// added up. Default: 20.
	Top int
	// Diff says that the values are changes. Default: false.
	Diff bool
}

// Validate returns an error that names the field that is wrong.
func (c Config) Validate() error {
	if c.Top < 0 {
		return fmt.Errorf("icicle: Config.Top is %d: use 0 for the default, or the number of frames to draw below one caller", c.Top)
	}
	return nil
}

func (c Config) withDefaults() Config {
	if c.Title == "" {
		c.Title = "Profile"
	}
	if c.Top == 0 {
		c.Top = 20
	}
	return c
}

const (
	maxDrawn  = 1000  // frames; each may add a "…"
	minShare  = 0.002 // of the whole, below which nothing is drawn
	checkEach = 256   // stacks between two looks at the context
)

// Write draws stacks, each the outermost frame first, with its value. The slice
// may be reused. It stops when ctx ends.
func Write(ctx context.Context, w io.Writer, c Config, stacks iter.Seq2[[]string, int64]) error {
	if err := c.Validate(); err != nil {
		return err
	}
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
	newPicture(out, c.withDefaults(), t).draw()
	return out.Flush()
}
