/ The tables of the application. time and sym come first, as in kdb+tick.
trade:([]time:0#0Nn;sym:0#`;price:0#0n;size:0#0N)
quote:([]time:0#0Nn;sym:0#`;bid:0#0n;ask:0#0n;bsize:0#0N;asize:0#0N)
