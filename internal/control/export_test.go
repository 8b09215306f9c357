package control

// ExportAvailabilityZones lets tests ask for other regions than their own.
func ExportAvailabilityZones(region string) []string { return availabilityZones(region) }

// ExportOverlap lets tests compare patterns of segments.
func ExportOverlap(a, b string) bool { return overlap(a, b) }

// PageToken and PageKey are the two directions of page tokens.
func PageToken(secret []byte, scope []string, key string) string {
	return pager{secret}.token(scope, key)
}

// PageKey reads what PageToken made.
func PageKey(secret []byte, scope []string, token string) (string, bool) {
	return pager{secret}.key(scope, token)
}
