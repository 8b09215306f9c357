package enter

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"github.com/quoinhq/quoin/internal/node/engine"
)

// What of the system a program sees, when it is there: its programs and
// libraries, and the files that the C library reads.
var (
	systemFolders = []string{"/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/proc", "/sys/devices/system/cpu"}
	systemFiles   = []string{
		"/etc/passwd", "/etc/group", "/etc/nsswitch.conf", "/etc/hosts", "/etc/host.conf", "/etc/hostname", "/etc/resolv.conf",
		"/etc/localtime", "/etc/timezone", "/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/ssl/certs", "/etc/ssl/openssl.cnf",
		"/etc/pki/tls/certs", "/etc/pki/ca-trust/extracted", "/etc/ca-certificates", "/etc/alternatives", "/etc/crypto-policies",
		"/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom",
	}
	deviceLinks = map[string]string{"/dev/fd": "/proc/self/fd", "/dev/stdin": "/proc/self/fd/0", "/dev/stdout": "/proc/self/fd/1", "/dev/stderr": "/proc/self/fd/2"}
)

// view is a root folder in the making: an empty one in memory, in which the old
// root is at old until the view is complete. Paths are those that the program
// will see; the same below old is where they come from.
type view struct{ old string }

// mount is something of the machine that is shown.
type mount struct {
	from, at string
	writable bool
}

// mountsOf are the mounts that s asks for, those first which others may lie
// below. What is not there is left out.
func mountsOf(s *Spec) ([]mount, error) {
	mounts := []mount{
		{filepath.Join(s.Root, "tmp"), "/tmp", true},
		{s.Root, s.Root, true},
		{filepath.Join(s.Root, "app"), engine.AppDir, true},
	}
	for _, p := range s.Writable {
		mounts = append(mounts, mount{p, p, true})
	}
	// What was laid out is the data of record.
	for _, p := range append([]string{filepath.Join(s.Root, "versions")}, s.Shown...) {
		mounts = append(mounts, mount{p, p, false})
	}
	there := mounts[:0]
	for _, m := range mounts {
		var err error
		m.from, err = filepath.EvalSymlinks(m.from)
		if err == nil {
			there = append(there, m)
		} else if !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
	return there, nil
}

// makeView replaces the root folder of this process by one in which there is
// what s shows and nothing else, and enters AppDir in it.
func makeView(s *Spec) error {
	mounts, err := mountsOf(s)
	if err != nil {
		return err
	}
	v := &view{old: "/.old"}
	if err := v.begin(); err != nil {
		return err
	}
	for _, path := range append(systemFolders, systemFiles...) {
		if err := v.showSystem(path); err != nil {
			return err
		}
	}
	for at, target := range deviceLinks {
		if err := os.Symlink(target, at); err != nil {
			return err
		}
	}
	for _, m := range mounts {
		if err := v.show(m); err != nil {
			return err
		}
	}
	if err := v.end(); err != nil {
		return err
	}
	return os.Chdir(engine.AppDir)
}

// begin makes the empty root. It is mounted where something is already, which
// comes to light again when the root has moved.
func (v *view) begin() error {
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("make mounts private: %w", err)
	}
	const place = "/usr"
	if err := unix.Mount("tmpfs", place, "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, "size=1m,mode=755"); err != nil {
		return fmt.Errorf("make a root in memory: %w", err)
	}
	if err := os.Mkdir(place+v.old, 0o700); err != nil {
		return err
	}
	if err := unix.PivotRoot(place, place+v.old); err != nil {
		return fmt.Errorf("change the root: %w", err)
	}
	return os.Chdir("/")
}

// end lets the old root go.
func (v *view) end() error {
	if err := unix.Unmount(v.old, unix.MNT_DETACH); err != nil {
		return fmt.Errorf("leave the old root: %w", err)
	}
	if err := os.Remove(v.old); err != nil {
		return err
	}
	return readOnly("/")
}

// showSystem shows a path of the system, if it is there: a symbolic link as one,
// together with what it leads to.
func (v *view) showSystem(path string) error {
	st, err := os.Lstat(v.old + path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case st.Mode()&fs.ModeSymlink == 0:
		// Devices are written to; /proc is read-only where the kernel says so.
		return v.show(mount{path, path, filepath.Dir(path) == "/dev" || path == "/proc"})
	}
	target, err := os.Readlink(v.old + path)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	if err := os.Symlink(target, path); err != nil {
		return err
	}
	if _, err := os.Stat(path); err == nil {
		return nil
	}
	if !filepath.IsAbs(target) {
		target = filepath.Join(filepath.Dir(path), target)
	}
	return v.showSystem(target)
}

// show makes something of the old root visible.
func (v *view) show(m mount) error {
	st, err := os.Stat(v.old + m.from)
	if err == nil {
		err = place(m.at, st.IsDir())
	}
	if err != nil {
		return err
	}
	if err := unix.Mount(v.old+m.from, m.at, "", unix.MS_BIND|unix.MS_REC, ""); err != nil {
		return fmt.Errorf("show %s at %s: %w", m.from, m.at, err)
	}
	if m.writable {
		return nil
	}
	return readOnly(m.at)
}

// place makes what something can be mounted over.
func place(at string, dir bool) error {
	if _, err := os.Lstat(at); err == nil {
		return nil
	}
	if dir {
		return os.MkdirAll(at, 0o755)
	}
	if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
		return err
	}
	f, err := os.OpenFile(at, os.O_CREATE|os.O_RDONLY, 0o644)
	if err != nil {
		return err
	}
	return f.Close()
}

// readOnly makes a mount read-only. What it forbids already it must go on
// forbidding: in a user namespace those flags are locked.
// Source: mount_namespaces(7).
func readOnly(at string) error {
	var st unix.Statfs_t
	if err := unix.Statfs(at, &st); err != nil {
		return fmt.Errorf("%s: %w", at, err)
	}
	flags := uintptr(unix.MS_BIND | unix.MS_REMOUNT | unix.MS_RDONLY)
	for is, keep := range map[int64]uintptr{
		unix.ST_NOSUID: unix.MS_NOSUID, unix.ST_NODEV: unix.MS_NODEV, unix.ST_NOEXEC: unix.MS_NOEXEC,
		unix.ST_NOATIME: unix.MS_NOATIME, unix.ST_NODIRATIME: unix.MS_NODIRATIME, unix.ST_RELATIME: unix.MS_RELATIME,
	} {
		if int64(st.Flags)&is != 0 {
			flags |= keep
		}
	}
	if err := unix.Mount("", at, "", flags, ""); err != nil {
		return fmt.Errorf("make %s read-only: %w", at, err)
	}
	return nil
}
