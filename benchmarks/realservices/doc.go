// Realservices measures what govitals costs in services that nobody here wrote: an
// etcd member, a NATS server, an application on gin. Each runs twice, in processes
// of their own, once with vitals.Start and once without; a client in a third
// process sends the same requests to one and to the other in turn.
//
//	cd benchmarks/realservices && go run . -pairs 20
//
// It prints a Markdown table: the median over the pairs of the ratios, with the 95 %
// interval of that median; and what govitals says of the service at the end. It takes
// about two minutes a service, which is too early for a verdict at the usual pace:
//
//	go run . -pairs 40 -resolution 1s
//
// has one, at a higher price. Run it on a quiet machine.
package main
