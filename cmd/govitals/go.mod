module github.com/govitals/govitals/cmd/govitals

go 1.26.0

require (
	github.com/govitals/govitals v0.0.0
	github.com/govitals/govitals/eventloop/stalltrace v0.0.0
)

require (
	golang.org/x/exp v0.0.0-20260908205506-85c1c2202aba // indirect
	golang.org/x/sync v0.23.0 // indirect
)

replace (
	github.com/govitals/govitals => ../..
	github.com/govitals/govitals/eventloop/stalltrace => ../../eventloop/stalltrace
)
