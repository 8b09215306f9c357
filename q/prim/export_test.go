package prim

// PacePercent is pacePercent.
var PacePercent = pacePercent
