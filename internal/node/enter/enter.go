// Package enter runs a program of somebody else's as a node's process: in a
// mount namespace of its own in which /opt/kx/app is a folder of the node. What
// the embedded engine does by mapping paths, the kernel does here.
package enter

// Command is the name under which this program runs itself for a node:
// `quoin node-exec ROOT PROGRAM ARGUMENTS…`. People have no use for it.
const Command = "node-exec"
