// Package file reads and writes kdb+'s files: values, splayed tables,
// partitioned and segmented databases, symbol files, compressed columns and
// tickerplant logs.
//
//	v, err := file.Read("/db/sym", nil)                 // any value: q's get
//	err = file.Write("/db/limits", v, nil)              // q's set
//	m, err := file.MapTable("/db/2026.01.02/trade", db) // columns stay on disk
//	defer m.Close()
//
// A write is complete or absent: it goes to a temporary file that is renamed
// once it is on disk. Columns of fixed width are mapped into memory, so that
// opening a table costs nothing per row. What kdb+ writes is read as it is
// documented by KX or was seen in files that it wrote; where only other open
// readers vouch for a form, the comment says so.
//
// Functions take paths of the operating system. Files must not be truncated by
// others while they are mapped.
package file
