package cardinality

import "strings"

// RouteTemplate rewrites the path of a URL for [Normalize]: parts that look like
// ids become their shape, as in "/users/{id}/files/{uuid}", and a query is cut.
// It allocates only where it changes something.
func RouteTemplate(path string) string {
	path, _, _ = strings.Cut(path, "?")
	path, _, _ = strings.Cut(path, "#")
	for start := 0; start < len(path); {
		end := len(path)
		if n := strings.IndexByte(path[start:], '/'); n >= 0 {
			end = start + n
		}
		if shape := shapeOf(path[start:end]); shape != ShapeUnknown {
			return rewritten(path, start)
		}
		start = end + 1
	}
	return path
}

// rewritten replaces the parts of a path from the index on.
func rewritten(path string, from int) string {
	var b strings.Builder
	b.Grow(len(path))
	b.WriteString(path[:from])
	for i, part := range strings.Split(path[from:], "/") {
		if i > 0 {
			b.WriteByte('/')
		}
		if shape := shapeOf(part); shape != ShapeUnknown {
			part = "{" + string(shape) + "}"
		}
		b.WriteString(part)
	}
	return b.String()
}
