package enter

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// insideVar is set once the namespaces have been entered.
const insideVar = "QUOIN_NODE_INSIDE"

// Run runs a program in namespaces of a node's, as the one argument, of
// Spec.Argument, has it, and returns its exit code. The program's process is
// the child of this one, ends with it, and gets its SIGTERM.
func Run(args []string, in io.Reader, out, errs io.Writer) int {
	var s Spec
	if len(args) != 1 || json.Unmarshal([]byte(args[0]), &s) != nil || s.Root == "" || s.Program == "" {
		fmt.Fprintf(errs, "quoin: %s runs the programs of nodes, and is not for people\n", Command)
		return 2
	}
	if os.Getenv(insideVar) != "" {
		err := become(&s)
		fmt.Fprintln(errs, "quoin:", err)
		return 126
	}
	code, err := enclose(args, in, out, errs)
	if err != nil {
		fmt.Fprintln(errs, "quoin: a user and a mount namespace cannot be had:", err)
		return 126
	}
	return code
}

// enclose starts this program again in namespaces of its own and waits for it.
// The user namespace is there for root too: without it the program could look
// at the machine through the entries of other processes in /proc.
func enclose(args []string, in io.Reader, out, errs io.Writer) (int, error) {
	// The child's death signal is tied to this thread.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	cmd := exec.Command("/proc/self/exe", append([]string{Command}, args...)...)
	cmd.Env = append(os.Environ(), insideVar+"=1")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = in, out, errs
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags: unix.CLONE_NEWNS | unix.CLONE_NEWUSER, Pdeathsig: syscall.SIGKILL,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
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

// become puts the view in place and turns this process into the program.
func become(s *Spec) error {
	// Capabilities belong to the thread that will be the program.
	runtime.LockOSThread()
	if err := makeView(s); err != nil {
		return err
	}
	if err := dropPrivileges(); err != nil {
		return fmt.Errorf("give up privileges: %w", err)
	}
	env := os.Environ()[:0:0]
	for _, v := range os.Environ() {
		if v != insideVar+"=1" {
			env = append(env, v)
		}
	}
	return fmt.Errorf("%s: %w", s.Program, unix.Exec(s.Program, append([]string{s.Program}, s.Args...), env))
}

// Bits of capabilities(7).
const (
	noRoot       = 1 << 0 // SECBIT_NOROOT: being root gives no capability
	noRootLocked = 1 << 1
)

// dropPrivileges takes from this thread, and from all it will become, what its
// being root in its namespace would let it do: unmount what the view is made
// of, for instance.
func dropPrivileges() error {
	if err := unix.Prctl(unix.PR_SET_SECUREBITS, noRoot|noRootLocked, 0, 0, 0); err != nil {
		return err
	}
	for c := 0; ; c++ {
		if err := unix.Prctl(unix.PR_CAPBSET_DROP, uintptr(c), 0, 0, 0); errors.Is(err, unix.EINVAL) {
			break // the last one was the last that this kernel knows
		} else if err != nil {
			return err
		}
	}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return err
	}
	var none [2]unix.CapUserData
	return unix.Capset(&unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}, &none[0])
}
