package enter

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/quoinhq/quoin/internal/node/engine"
)

// insideVar is set once the namespace has been entered.
const insideVar = "QUOIN_NODE_INSIDE"

// Run runs a program in the namespace of the node whose folder is the first
// argument, and returns its exit code. The program's process is the child of
// this one, ends with it, and gets its SIGTERM.
func Run(args []string, in io.Reader, out, errs io.Writer) int {
	if len(args) < 2 {
		fmt.Fprintf(errs, "quoin: %s ROOT PROGRAM ARGUMENTS\n", Command)
		return 2
	}
	if os.Getenv(insideVar) != "" {
		err := become(args[0], args[1], args[2:])
		fmt.Fprintln(errs, "quoin:", err)
		return 126
	}
	code, err := enclose(args, in, out, errs)
	if err != nil {
		fmt.Fprintln(errs, "quoin: a mount namespace cannot be had:", err)
		return 126
	}
	return code
}

// enclose starts this program again in namespaces of its own and waits for it.
func enclose(args []string, in io.Reader, out, errs io.Writer) (int, error) {
	// The child's death signal is tied to this thread.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	cmd := exec.Command("/proc/self/exe", append([]string{Command}, args...)...)
	cmd.Env = append(os.Environ(), insideVar+"=1")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = in, out, errs
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWNS, Pdeathsig: syscall.SIGKILL}
	if os.Getuid() != 0 {
		cmd.SysProcAttr.Cloneflags |= unix.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}}
	}
	told := make(chan os.Signal, 1)
	signal.Notify(told, syscall.SIGTERM, syscall.SIGINT)
	defer signal.Stop(told)
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for {
		select {
		case s := <-told:
			_ = cmd.Process.Signal(s) // one that has ended needs none
		case err := <-ended:
			var x *exec.ExitError
			if err != nil && !errors.As(err, &x) {
				return 0, err
			}
			if ws, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); ok && ws.Signaled() {
				return 128 + int(ws.Signal()), nil
			}
			return cmd.ProcessState.ExitCode(), nil
		}
	}
}

// become puts the mounts in place and turns this process into the program.
func become(root, program string, args []string) error {
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("make mounts private: %w", err)
	}
	// What was laid out is shared with other nodes or is the code of record.
	for _, dir := range []string{filepath.Join(root, "versions"), filepath.Join(filepath.Dir(root), "shared")} {
		if err := readOnly(dir); err != nil {
			return err
		}
	}
	if err := makePlace(filepath.Join(root, "tmp", ".host"), engine.AppDir); err != nil {
		return err
	}
	if err := bind(filepath.Join(root, "app"), engine.AppDir); err != nil {
		return err
	}
	if err := os.Chdir(engine.AppDir); err != nil {
		return err
	}
	env := os.Environ()[:0:0]
	for _, v := range os.Environ() {
		if v != insideVar+"=1" {
			env = append(env, v)
		}
	}
	return fmt.Errorf("%s: %w", program, unix.Exec(program, append([]string{program}, args...), env))
}

func bind(from, at string) error {
	if err := unix.Mount(from, at, "", unix.MS_BIND|unix.MS_REC, ""); err != nil {
		return fmt.Errorf("mount %s at %s: %w", from, at, err)
	}
	return nil
}

func readOnly(dir string) error {
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err := bind(dir, dir); err != nil {
		return err
	}
	if err := unix.Mount("", dir, "", unix.MS_BIND|unix.MS_REMOUNT|unix.MS_RDONLY, ""); err != nil {
		return fmt.Errorf("make %s read-only: %w", dir, err)
	}
	return nil
}

// makePlace makes sure that the folder at is there to be mounted over, without
// making anything on the machine's own disk: the nearest folder above it that
// exists is replaced by one in memory that has the same entries and the missing
// folder besides. keep is where the original is mounted.
func makePlace(keep, at string) error {
	if st, err := os.Stat(at); err == nil && st.IsDir() {
		return nil
	}
	above := filepath.Dir(at)
	for above != "/" {
		if st, err := os.Stat(above); err == nil && st.IsDir() {
			break
		}
		above = filepath.Dir(above)
	}
	if above == "/" {
		return errors.New("this machine has no folder /opt: make it")
	}
	if err := os.MkdirAll(keep, 0o700); err != nil {
		return err
	}
	if err := bind(above, keep); err != nil {
		return err
	}
	if err := unix.Mount("tmpfs", above, "tmpfs", 0, "size=1m,mode=755"); err != nil {
		return fmt.Errorf("mount a folder in memory at %s: %w", above, err)
	}
	entries, err := os.ReadDir(keep)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if err := again(filepath.Join(keep, e.Name()), filepath.Join(above, e.Name()), e.Type()); err != nil {
			return err
		}
	}
	return os.MkdirAll(at, 0o755)
}

// again makes an entry of the original folder appear in its replacement.
func again(from, at string, kind fs.FileMode) error {
	switch {
	case kind&fs.ModeSymlink != 0:
		target, err := os.Readlink(from)
		if err != nil {
			return err
		}
		return os.Symlink(target, at)
	case kind.IsDir():
		if err := os.Mkdir(at, 0o755); err != nil {
			return err
		}
	default:
		f, err := os.Create(at)
		if err != nil {
			return err
		}
		if err := f.Close(); err != nil {
			return err
		}
	}
	return bind(from, at)
}
