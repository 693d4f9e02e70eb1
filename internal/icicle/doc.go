// Package icicle draws stacks as an icicle, which is a flame graph with the
// callers on top, in one SVG file.
//
//	stacks, err := profile.Stacks("inuse_space")
//	err = icicle.Write(ctx, w, icicle.Config{Title: "Live heap", Unit: "By"}, stacks)
//
// A frame is as wide as what it and the frames below it hold; where nothing is
// below it, it holds that itself. Below their caller the widest stand first, and
// by name where they are equally wide, so that the biggest is at the upper left.
// What is too narrow or too much to draw is added up in "…".
//
// With [Config.Diff] the values are changes. A frame is as wide as the sum of
// the changes below it without their signs, so that growth in one place and
// shrinkage in another do not hide each other, and says its net change. A frame
// that grew is orange and has a "+", one that shrank is blue and has a "−", and
// one in which the two nearly cancel out is grey and has a "±".
//
// The picture has no script, style sheet, font or link: it shows under
// Content-Security-Policy: default-src 'none'. Each text lies on a colour of its
// own, and the paper is transparent, so it reads on light and dark pages.
//
// # Cost
//
// While it is built the tree has at most 65,536 frames of at most 64 levels,
// about 10 MiB without the names, which are not copied. When it is full, the
// half of the frames that holds least is added up in "…" of their callers. At
// most 1,000 frames and as many "…" are drawn, none narrower than 0.2 % of the
// whole, for each of them some 150 bytes and its name.
//
// # What it cannot see
//
// Frames deeper than 64 levels, which count for the last one that is there. The
// early samples of a frame that was small when the tree was full, and grew later.
package icicle
