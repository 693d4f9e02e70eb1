//go:build !unix

package proc

// ReadUsage returns an error that wraps errors.ErrUnsupported.
func ReadUsage() (Usage, error) { return Usage{}, unsupported("resource usage") }
