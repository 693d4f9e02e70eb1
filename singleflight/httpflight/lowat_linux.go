package httpflight

import (
	"net"
	"syscall"
)

// tcpNotSentLowat is TCP_NOTSENT_LOWAT of include/uapi/linux/tcp.h.
const tcpNotSentLowat = 25

// SetNotSentLowat limits how many bytes the kernel takes for a connection before
// it has sent what it has: TCP_NOTSENT_LOWAT of tcp(7), for connections that
// [Handler.ConnContext] does not see. It does nothing for what is not TCP, and
// on other systems than Linux.
func SetNotSentLowat(c net.Conn, bytes int) error {
	for {
		inner, ok := c.(interface{ NetConn() net.Conn }) // such as *tls.Conn
		if !ok {
			break
		}
		c = inner.NetConn()
	}
	tcp, ok := c.(*net.TCPConn)
	if !ok {
		return nil
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return err
	}
	var fault error
	err = raw.Control(func(fd uintptr) {
		fault = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, tcpNotSentLowat, bytes)
	})
	if err != nil {
		return err
	}
	return fault
}
