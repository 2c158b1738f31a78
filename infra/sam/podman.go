package sam

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// image returns the name of the image of which SAM CLI makes its containers. SAM CLI needs only
// a shell, mv and chmod in it. So an image with a static busybox gets this name, and nothing
// has to be downloaded.
func image() string { return "public.ecr.aws/lambda/provided:al2023-" + architecture() }

// containersConf are settings for a machine that may be a container itself. Containers have no
// cgroup of their own, because such a machine often cannot make one, and no test depends on a
// limit. The limit on processes is lower than the default, which such a machine may not allow.
const containersConf = `[containers]
cgroups = "disabled"
default_ulimits = ["nofile=4096:4096", "nproc=4096:4096"]
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
runtime = "crun"
`

// storageConf uses the storage driver vfs. It copies every layer, which is slow for large
// images, but it works on every file system.
const storageConf = `[storage]
driver = "vfs"
graphroot = %q
runroot = %q
`

// serviceScript starts podman's API service. crun fails if a part of the cgroup tree is unified
// (version 2) and a part is of version 1. In that case the script unmounts the unified part, in
// a mount namespace that only this service sees.
const serviceScript = `if [ -d /sys/fs/cgroup/unified ]; then umount /sys/fs/cgroup/unified; fi
exec podman system service --time 0 "$1"`

// podman starts podman's API service, and creates the image if it does not exist.
func podman(ctx context.Context, state string) (*Engine, error) {
	for _, program := range []string{"podman", "crun", "busybox", "unshare"} {
		if _, err := exec.LookPath(program); err != nil || os.Geteuid() != 0 {
			return nil, ErrNone
		}
	}
	env, err := configure(state)
	if err != nil {
		return nil, err
	}
	if err := run(ctx, env, nil, "info"); err != nil {
		// The database in the folder has absolute paths, which are wrong if the folder was
		// moved. Everything else in the folder is created again in a second.
		if err := os.RemoveAll(state); err != nil {
			return nil, err
		}
		if env, err = configure(state); err != nil {
			return nil, err
		}
		if err := run(ctx, env, nil, "info"); err != nil {
			return nil, err
		}
	}
	if err := run(ctx, env, nil, "image", "exists", image()); err != nil {
		root, err := busybox()
		if err != nil {
			return nil, err
		}
		if err := run(ctx, env, root, "import", "-", image()); err != nil {
			return nil, err
		}
	}
	return startService(ctx, env)
}

// configure writes the settings, and returns the environment that points at them.
func configure(state string) ([]string, error) {
	state, err := filepath.Abs(state)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(state, 0o755); err != nil {
		return nil, err
	}
	containers, storage := filepath.Join(state, "containers.conf"), filepath.Join(state, "storage.conf")
	text := fmt.Sprintf(storageConf, filepath.Join(state, "storage"), filepath.Join(state, "run"))
	if err := errors.Join(os.WriteFile(containers, []byte(containersConf), 0o644), os.WriteFile(storage, []byte(text), 0o644)); err != nil {
		return nil, err
	}
	return append(os.Environ(), "CONTAINERS_CONF="+containers, "CONTAINERS_STORAGE_CONF="+storage), nil
}

// startService runs podman's API service until the engine is stopped.
func startService(ctx context.Context, env []string) (*Engine, error) {
	// The path of a socket has 107 bytes at most, so the socket is not in the state folder,
	// whose path may be long.
	dir, err := os.MkdirTemp("", "parley-sam-")
	if err != nil {
		return nil, err
	}
	socket := filepath.Join(dir, "podman.sock")
	var log bytes.Buffer
	cmd := exec.Command("unshare", "--mount", "--propagation", "private", "sh", "-c", serviceScript, "sh", "unix://"+socket)
	cmd.Env, cmd.Stdout, cmd.Stderr = env, &log, &log
	cmd.SysProcAttr = endWithParent()
	if err := cmd.Start(); err != nil {
		return nil, errors.Join(fmt.Errorf("start podman: %w", err), os.RemoveAll(dir))
	}
	done := make(chan struct{})
	go func() {
		_ = cmd.Wait() // the error says that a signal ended it, which is how it always ends
		close(done)
	}()
	e := &Engine{
		Name: "podman", Machine: "host.containers.internal",
		env: []string{"DOCKER_HOST=unix://" + socket}, args: []string{"--skip-pull-image"},
	}
	e.stop = func() error {
		_ = cmd.Process.Signal(syscall.SIGTERM) // the service may have ended already
		select {
		case <-done:
		case <-time.After(time.Minute):
			_ = cmd.Process.Kill()
			<-done
		}
		return os.RemoveAll(dir)
	}
	if err := waitForService(ctx, socket, done); err != nil {
		stopErr := e.Stop()
		return nil, errors.Join(fmt.Errorf("podman: %w: %s", err, bytes.TrimSpace(log.Bytes())), stopErr)
	}
	return e, nil
}

// waitForService waits until the service answers.
func waitForService(ctx context.Context, socket string, done <-chan struct{}) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	client := &http.Client{Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", socket)
		},
	}}
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://podman/_ping", nil)
		if err != nil {
			return err
		}
		if res, err := client.Do(req); err == nil {
			return res.Body.Close()
		}
		select {
		case <-tick.C:
		case <-done:
			return errors.New("its service ended")
		case <-ctx.Done():
			return fmt.Errorf("its service does not answer: %w", ctx.Err())
		}
	}
}

// busybox returns a tar archive of a root file system with a shell, mv and chmod.
func busybox() (io.Reader, error) {
	path, err := exec.LookPath("busybox")
	if err != nil {
		return nil, ErrNone
	}
	program, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, dir := range []string{"bin/", "etc/", "opt/", "tmp/", "var/", "var/task/"} {
		if err := w.WriteHeader(&tar.Header{Typeflag: tar.TypeDir, Name: dir, Mode: 0o755}); err != nil {
			return nil, err
		}
	}
	if err := w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: "bin/busybox", Mode: 0o755, Size: int64(len(program))}); err != nil {
		return nil, err
	}
	if _, err := w.Write(program); err != nil {
		return nil, err
	}
	for _, name := range []string{"sh", "mv", "chmod"} {
		if err := w.WriteHeader(&tar.Header{Typeflag: tar.TypeSymlink, Name: "bin/" + name, Linkname: "busybox", Mode: 0o777}); err != nil {
			return nil, err
		}
	}
	return &b, w.Close()
}

// run runs a command of podman. An error has what the command prints to stderr.
func run(ctx context.Context, env []string, in io.Reader, args ...string) error {
	cmd := exec.CommandContext(ctx, "podman", args...)
	var stderr bytes.Buffer
	cmd.Env, cmd.Stdin, cmd.Stderr = env, in, &stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("podman %s: %w: %s", args[0], err, bytes.TrimSpace(stderr.Bytes()))
	}
	return nil
}
