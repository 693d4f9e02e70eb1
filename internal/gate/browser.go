package gate

import (
	"fmt"
	"net/http"
	"strings"
)

const typeAddress = "Type the address of this page into the browser, or ask for it with a program."

// checkBrowser refuses a request that a browser sent for another site. A page
// cannot forge these headers. net/http.CrossOriginProtection is no use here: it
// lets every GET pass.
//
// Origin must name the host that was asked for. A gate that is meant to work
// behind a proxy, which may replace the Host, leaves that to Sec-Fetch-Site
// where there is one.
func checkBrowser(r *http.Request, behindProxy bool) *refusal {
	sites := r.Header["Sec-Fetch-Site"]
	for _, site := range sites {
		if site != "" && site != "none" && site != "same-origin" {
			return &refusal{why: fmt.Sprintf("a browser says that another site sent it (Sec-Fetch-Site: %.100q)", site), remedy: typeAddress}
		}
	}
	if behindProxy && len(sites) > 0 {
		return nil
	}
	for _, origin := range r.Header["Origin"] {
		if !isOriginOf(origin, r.Host) {
			return &refusal{why: fmt.Sprintf("a browser says that %.100q sent it (Origin), which is not the host %.100q", origin, r.Host), remedy: typeAddress}
		}
	}
	return nil
}

// isOriginOf reports whether origin is http or https on host. Which of the two
// cannot be told behind a proxy that ends TLS.
func isOriginOf(origin, host string) bool {
	scheme, rest, _ := strings.Cut(origin, "://")
	return (scheme == "http" || scheme == "https") && rest != "" && equalFold(rest, host)
}
