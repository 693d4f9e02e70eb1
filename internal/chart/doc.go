// Package chart draws figures over time as a small SVG: lines, or layers that add
// up, the band between the lowest and highest values, a limit, and where it goes
// from here.
//
//	picture := chart.Chart{Title: "Live memory", Unit: "By", Points: points, Limit: 512 << 20}.SVG()
//
// The SVG stretches to the width that it is given, and its lines do not get thicker
// by it. The words of the axes stand beside it as HTML, so that they have the size
// of the text around them on a telephone too. There is no script, inline style or
// font. Colours come from the page: line i has the class "c" and its number, and
// the colour of the text without a style sheet. Lines differ by their dashes as well,
// layers by their order.
//
// # Cost
//
// Some 6 bytes for each point of a line and 12 for one of a band, less where it is
// level; at most 60 points are drawn, several that fall together as one with their
// lowest and highest.
//
// # What it cannot see
//
// Gaps: points are joined by a line however far apart they are.
package chart
