package file

import (
	"errors"
	"fmt"
)

// CorruptError says that a file is not what it should be, and where.
type CorruptError struct {
	Path   string
	Offset int64 // of the first byte that is wrong, as well as can be told
	Err    error
}

func (e *CorruptError) Error() string {
	return fmt.Sprintf("file: %s at byte %d: %v", e.Path, e.Offset, e.Err)
}
func (e *CorruptError) Unwrap() error { return e.Err }

// Errors that name no place in a file.
var (
	// ErrUnsupported is wrapped by the errors for forms that are known and not
	// read: encrypted files, and kinds of items of mapped lists that have not
	// been seen.
	ErrUnsupported = errors.New("unsupported form")
	// ErrNotEnumerated is wrapped by the errors for a symbol column that is to be
	// splayed; q's 'type.
	ErrNotEnumerated = errors.New("symbol column is not enumerated")
	// ErrLocked is wrapped by the errors for a symbol file or log that another
	// writer has open.
	ErrLocked = errors.New("another writer has the file open")
	// ErrMismatch is wrapped by the errors for rows that do not fit the table
	// they are to be appended to.
	ErrMismatch = errors.New("columns do not match")

	errShort = errors.New("file ends too early")
)

func corrupt(path string, offset int, err error) error {
	return &CorruptError{path, int64(offset), err}
}
