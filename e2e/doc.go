// Package e2e is a module of its own for tests that need what the library must
// not depend on: a browser's remote control, instrumentation of OpenTelemetry
// for HTTP and gRPC, an OTLP exporter.
//
//	cd e2e && go test ./...
//
// Each package says in its comment what it proves, and which program has to be
// installed for it.
package e2e
