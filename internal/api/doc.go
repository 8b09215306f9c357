// Package api is the server's side of the API: it finds the operation that a
// request asks for, binds the request to the operation's input, checks it
// against the model, and writes outputs and errors. What operations there are,
// their routes, limits and errors come from the model, by generated tables.
package api

//go:generate go run -C ../apigen . -root ../..
