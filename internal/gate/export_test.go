package gate

// InUse returns how many requests wait, how many bytes are on their way, and
// whether a page is being rendered.
func (g *Gate) InUse() (asking, sending int64, rendering bool) {
	return g.asking.Load(), g.sending.Load(), len(g.renders) > 0
}

// MaxChunk is the size of the largest piece in which a page is sent.
const MaxChunk = maxChunk
