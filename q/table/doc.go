// Package table holds what q does with tables: functional select, exec, update
// and delete, joins, sorting, grouping, keys, insert and upsert.
//
// A query works on positions, not on copies of columns: constraints narrow a
// selection (spans of rows, or row numbers in ascending order), the by phrase
// turns the selected rows into small dense codes whose order is the order of
// the keys, and aggregates the engine knows run as typed loops over blocks of
// the columns they name. Only what is not recognised is evaluated group by
// group through [prim.Env].EvalTree.
//
// Row numbers are 32 bits wide: a table in memory holds fewer than 2^31 rows,
// and a query on a longer one signals 'limit.
package table
