package gate_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"

	"github.com/govitals/govitals/internal/gate"
)

func Example() {
	g, err := gate.New(gate.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	show := func(w http.ResponseWriter, r *http.Request) {
		g.Serve(w, r, gate.Page{Key: "text", ContentType: "text/plain", Render: func(_ context.Context, w io.Writer) error {
			_, err := io.WriteString(w, "the report")
			return err
		}})
	}
	handler := g.Protect("heap", http.HandlerFunc(show))

	for _, host := range []string{"localhost:6060", "evil.test"} {
		r := httptest.NewRequest("GET", "/debug/heap", nil)
		r.RemoteAddr, r.Host = "127.0.0.1:50000", host
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		fmt.Println(w.Code, w.Body)
	}
	// Output:
	// 200 the report
	// 403 This debug page refuses the request: it asks for the host "evil.test", and a page that anyone put on the web can do that.
	// Ask for localhost or 127.0.0.1, or set Token.
}
