package control

import (
	"fmt"
	"strings"

	"github.com/quoinhq/quoin/finspace"
)

// Paths of dataview segments may use * and ?, where * stands for anything,
// slashes included: "/2020.01.02/*" and "/2020.01.02*" are one path, "/*" and
// "*" are the whole database. Source: user guide, managing-kdb-dataviews.

// normalPath is the one spelling of a segment's path.
func normalPath(p string) string {
	p = strings.TrimPrefix(p, "/")
	if rest, ok := strings.CutSuffix(p, "/*"); ok {
		p = rest + "*"
	}
	return strings.TrimSuffix(p, "/")
}

// overlap reports whether some path is matched by both patterns.
func overlap(a, b string) bool {
	// seen[i][j] says that a[i:] and b[j:] were found to have nothing in common.
	seen := make([]bool, (len(a)+1)*(len(b)+1))
	var meet func(i, j int) bool
	meet = func(i, j int) bool {
		at := i*(len(b)+1) + j
		if seen[at] {
			return false
		}
		seen[at] = true
		switch {
		case i == len(a) && j == len(b):
			return true
		case i < len(a) && a[i] == '*':
			return meet(i+1, j) || j < len(b) && meet(i, j+1)
		case j < len(b) && b[j] == '*':
			return meet(i, j+1) || i < len(a) && meet(i+1, j)
		case i == len(a) || j == len(b):
			return false
		}
		return (a[i] == b[j] || a[i] == '?' || b[j] == '?') && meet(i+1, j+1)
	}
	return meet(0, 0)
}

// checkSegments checks the rules among a dataview's segments. Errors:
// ValidationException.
func checkSegments(segs []finspace.KxDataviewSegmentConfiguration) error {
	for i, a := range segs {
		if finspace.Value(a.OnDemand) && len(segs) > 1 {
			return finspace.NewValidationException(fmt.Sprintf("segmentConfigurations.%d.onDemand: a dataview with a segment on demand has only that segment.", i+1))
		}
		for j, b := range segs[:i] {
			if finspace.Value(a.VolumeName) == finspace.Value(b.VolumeName) {
				continue
			}
			for _, p := range a.DbPaths {
				for _, q := range b.DbPaths {
					if overlap(normalPath(p), normalPath(q)) {
						return finspace.NewValidationException(fmt.Sprintf("segmentConfigurations.%d.dbPaths: %s overlaps %s, which segment %d puts on another volume.", i+1, p, q, j+1))
					}
				}
			}
		}
	}
	return nil
}

// echoSegments is what replies show: onDemand is always filled in, and no
// segments are left out.
func echoSegments(segs []finspace.KxDataviewSegmentConfiguration) []finspace.KxDataviewSegmentConfiguration {
	if len(segs) == 0 {
		return nil
	}
	out := make([]finspace.KxDataviewSegmentConfiguration, len(segs))
	for i, s := range segs {
		s.OnDemand = ptr(finspace.Value(s.OnDemand))
		out[i] = s
	}
	return out
}
