package collect

// isolate runs f, which is code of the user, and reports whether it returned.
// A panic in f ends f alone. So does runtime.Goexit, which cannot be recovered
// and would take the exporter's goroutine with it: hence one for f.
func isolate(f func()) (returned bool) {
	done := make(chan struct{})
	go run(f, &returned, done)
	<-done
	return returned
}

func run(f func(), returned *bool, done chan<- struct{}) {
	defer close(done)
	defer func() { _ = recover() }()
	f()
	*returned = true
}
