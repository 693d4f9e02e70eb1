//go:build !linux

package httpflight

import "net"

// SetNotSentLowat limits how many bytes the kernel takes for a connection before
// it has sent what it has: TCP_NOTSENT_LOWAT of Linux. It does nothing on this
// system.
func SetNotSentLowat(net.Conn, int) error { return nil }
