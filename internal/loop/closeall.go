package loop

import "errors"

// CloseAll calls all functions side by side, so that it takes no longer than the
// slowest, and joins their errors.
func CloseAll(closers ...func() error) error {
	faults := make(chan error)
	for _, closeIt := range closers {
		go func() { faults <- closeIt() }()
	}
	var all error
	for range closers {
		all = errors.Join(all, <-faults)
	}
	return all
}
