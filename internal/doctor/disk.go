package doctor

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/quoinhq/quoin/internal/datadir"
)

// dataFolder looks at whose the folder is, and whether files can be made and
// linked in it: laid-out databases are hard links.
func dataFolder(_ context.Context, p Plan) []Finding {
	choose := "Give a folder of this user's own as --data-dir."
	st, err := os.Stat(p.DataDir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		dir := existing(p.DataDir)
		if err := unix.Access(dir, unix.W_OK|unix.X_OK); err != nil {
			return fail(fmt.Sprintf("%s is not there, and this user may not make it in %s", p.DataDir, dir), choose)
		}
		return ok(p.DataDir + " is not there; the server makes it")
	case err != nil:
		return fail(err.Error(), choose)
	case !st.IsDir():
		return fail(p.DataDir+" is no folder", choose)
	}
	if s, ok := st.Sys().(*syscall.Stat_t); ok && int(s.Uid) != os.Getuid() {
		return fail(fmt.Sprintf("%s belongs to user %d, and this is user %d", p.DataDir, s.Uid, os.Getuid()), fmt.Sprintf("Run the server as its owner, or: chown -R %d %s", os.Getuid(), p.DataDir))
	}
	if err := linkable(p.DataDir); err != nil {
		return fail(err.Error(), "Put the data folder on a local file system with hard links: ext4 and xfs are.")
	}
	found := p.DataDir + ": its owner is this user"
	switch dir, err := datadir.Find(p.DataDir); {
	case errors.Is(err, datadir.ErrNotExist):
		found += ", no server has used it"
	case err != nil:
		return fail(err.Error(), "Run the Quoin that has used it, or a newer one; or give another --data-dir.")
	default:
		if pid, err := dir.Holder(); err == nil && pid != 0 {
			found += fmt.Sprintf(", the server of process %d uses it", pid)
		}
		if st, err := os.Stat(dir.Path("credentials")); err == nil && st.Mode().Perm()&0o077 != 0 {
			return fail(dir.Path("credentials")+" can be read by others", "chmod 600 "+dir.Path("credentials")+", and then quoin rotate-root: who has read the keys has them.")
		}
	}
	if mode := st.Mode().Perm(); mode&0o077 != 0 {
		return warn(fmt.Sprintf("%s, its mode %#o lets others in", found, mode), "The server makes it 0700 when it starts; now: chmod 700 "+p.DataDir)
	}
	return ok(found)
}

func linkable(dir string) error {
	f, err := os.CreateTemp(dir, ".doctor-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	if err := f.Close(); err != nil {
		return err
	}
	link := f.Name() + "-link"
	if err := os.Link(f.Name(), link); err != nil {
		return err
	}
	return os.Remove(link)
}

const (
	gib        = 1 << 30
	littleDisk = 1 * gib
	enoughDisk = 10 * gib
)

func diskSpace(_ context.Context, p Plan) []Finding {
	dir := existing(p.DataDir)
	var st unix.Statfs_t
	if err := unix.Statfs(dir, &st); err != nil {
		return fail(fmt.Sprintf("%s: %v", dir, err), "Give another --data-dir.")
	}
	free := int64(st.Bavail) * int64(st.Bsize)
	found := fmt.Sprintf("%.1f GiB free at %s", float64(free)/gib, dir)
	const advice = "Make room, or give a --data-dir with more: a database takes the size of its files, and every changeset what it adds."
	switch {
	case free < littleDisk:
		return fail(found, advice)
	case free < enoughDisk:
		return warn(found, advice)
	case st.Files > 0 && st.Ffree < 100_000:
		return warn(fmt.Sprintf("%s, and room for %d files", found, st.Ffree), "A laid-out database takes one for each column of each partition: give a --data-dir on a file system with more inodes.")
	}
	return ok(found)
}

// Writes that are waited for: what a server acknowledges has been through one.
const (
	syncs     = 32
	slowSync  = 20 * time.Millisecond
	emptySync = 5 * time.Microsecond // no device is that fast
)

func diskSpeed(ctx context.Context, p Plan) []Finding {
	dir := existing(p.DataDir)
	took, err := syncTimes(ctx, dir)
	if err != nil {
		return warn(fmt.Sprintf("cannot be measured at %s: %v", dir, err), "Run quoin doctor as the user that runs the server.")
	}
	median, worst := took[len(took)/2], took[len(took)-1]
	found := fmt.Sprintf("a write of 4 KiB is on disk after %s (median; %s at most)", round(median), round(worst))
	switch {
	case median < emptySync || inMemory(dir):
		return warn(found+": this is memory, no disk", "Give a --data-dir on a disk: what is there is gone with the machine.")
	case median > slowSync:
		return warn(found, "Changes wait for it, several at a time. Put the data folder on a local SSD.")
	}
	return ok(found)
}

func round(d time.Duration) time.Duration { return d.Round(10 * time.Microsecond) }

// syncTimes are the times that writes took to be on disk, in order.
func syncTimes(ctx context.Context, dir string) (took []time.Duration, err error) {
	f, err := os.CreateTemp(dir, ".doctor-*")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close(), os.Remove(filepath.Clean(f.Name()))) }()
	block := make([]byte, 4096)
	began := time.Now()
	for i := range syncs {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		at := time.Now()
		if _, err := f.WriteAt(block, int64(i)*int64(len(block))); err != nil {
			return nil, err
		}
		if err := f.Sync(); err != nil {
			return nil, err
		}
		took = append(took, time.Since(at))
		if time.Since(began) > patience {
			break
		}
	}
	slices.Sort(took)
	return took, nil
}
