package httpflight

import (
	"context"
	"net"
)

// ConnContext is for [http.Server.ConnContext]. It sets [Config.NotSentLowat],
// without which a client that does not read holds up to 4 MiB of kernel memory
// (the default of the third figure of net.ipv4.tcp_wmem), which no heap profile
// shows:
//
//	server := &http.Server{Handler: h, ConnContext: h.ConnContext}
//
// A connection that refuses is left as it is.
func (h *Handler) ConnContext(ctx context.Context, c net.Conn) context.Context {
	_ = SetNotSentLowat(c, h.config.NotSentLowat)
	return ctx
}
