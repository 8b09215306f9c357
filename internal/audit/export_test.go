package audit

// Pack and Unpack are how a block is stored, for tests.
var (
	Pack   = pack
	Unpack = unpack
)
