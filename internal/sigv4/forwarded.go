package sigv4

import (
	"net/http"
	"net/netip"
	"strings"
)

// ForwardedHost returns the host that the client addressed, for [ParseFor]: the
// first X-Forwarded-Host when the peer is one of the trusted proxies, else "".
// Without trusted proxies the header means nothing, since anyone can send it.
func ForwardedHost(r *http.Request, trusted []netip.Prefix) string {
	if len(trusted) == 0 {
		return ""
	}
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return ""
	}
	addr := peer.Addr().Unmap()
	for _, p := range trusted {
		if p.Contains(addr) {
			host, _, _ := strings.Cut(r.Header.Get("X-Forwarded-Host"), ",")
			return strings.TrimSpace(host)
		}
	}
	return ""
}
