module github.com/govitals/govitals/eventloop/stalltrace

go 1.26.0

require (
	github.com/govitals/govitals v0.0.0
	golang.org/x/exp v0.0.0-20260908205506-85c1c2202aba
)

replace github.com/govitals/govitals => ../..
