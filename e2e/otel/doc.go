// Package otel replays CVE-2023-45142 and CVE-2023-47108 with the instrumentation of
// OpenTelemetry for HTTP and gRPC as it is today: clients that bring a new method,
// host, user agent or address with each request. It proves that package otelguard
// keeps the sets bounded, with no request lost from the totals, through the wrapper and
// through the view, and that what a collector receives over OTLP is the same.
//
//	cd e2e && go test ./otel
//
// It needs no outside program.
package otel
