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

// image is what SAM CLI builds its containers of. It needs nothing of it but a
// shell, mv and chmod, so a static busybox under its name serves offline.
func image() string { return "public.ecr.aws/lambda/provided:al2023-" + machine() }

// Containers have no cgroup of their own: machines that are containers
// themselves often cannot make one, and nothing here depends on a limit.
// The default limit on processes is more than such machines allow.
const containersConf = `[containers]
cgroups = "disabled"
default_ulimits = ["nofile=4096:4096", "nproc=4096:4096"]
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
runtime = "crun"
`

// vfs copies layers, which is slow for large images and works on every file
// system.
const storageConf = `[storage]
driver = "vfs"
graphroot = %q
runroot = %q
`

// crun wants the whole of a unified cgroup tree or none. Where one is mounted
// beside those of version 1 it is taken away, in a mount namespace that only
// this service sees.
const service = `if [ -d /sys/fs/cgroup/unified ]; then umount /sys/fs/cgroup/unified; fi
exec podman system service --time 0 "$1"`

// podman starts its API service and gives it the image.
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
	if _, err := run(ctx, env, nil, "podman", "info"); err != nil {
		// Its database holds the paths it was made with. What it holds else is
		// made again in a second.
		if err := os.RemoveAll(state); err != nil {
			return nil, err
		}
		if env, err = configure(state); err != nil {
			return nil, err
		}
		if _, err := run(ctx, env, nil, "podman", "info"); err != nil {
			return nil, err
		}
	}
	if _, err := run(ctx, env, nil, "podman", "image", "exists", image()); err != nil {
		root, err := busybox()
		if err != nil {
			return nil, err
		}
		if _, err := run(ctx, env, root, "podman", "import", "-", image()); err != nil {
			return nil, err
		}
	}
	return serve(ctx, env)
}

// configure writes the settings and answers the variables that point at them.
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

// serve runs the service until the engine is stopped.
func serve(ctx context.Context, env []string) (*Engine, error) {
	// The path of a socket may have 107 characters, so not in the state.
	dir, err := os.MkdirTemp("", "parley-sam-")
	if err != nil {
		return nil, err
	}
	socket := filepath.Join(dir, "podman.sock")
	var log bytes.Buffer
	cmd := exec.Command("unshare", "--mount", "--propagation", "private", "sh", "-c", service, "sh", "unix://"+socket)
	cmd.Env, cmd.Stdout, cmd.Stderr = env, &log, &log
	cmd.SysProcAttr = endWithParent()
	if err := cmd.Start(); err != nil {
		return nil, errors.Join(fmt.Errorf("start podman: %w", err), os.RemoveAll(dir))
	}
	done := make(chan struct{})
	go func() {
		_ = cmd.Wait() // it is always ended by a signal
		close(done)
	}()
	e := &Engine{
		Name: "podman", Machine: "host.containers.internal",
		env: []string{"DOCKER_HOST=unix://" + socket}, args: []string{"--skip-pull-image"},
	}
	e.stop = func() error {
		_ = cmd.Process.Signal(syscall.SIGTERM) // it may have ended
		select {
		case <-done:
		case <-time.After(time.Minute):
			_ = cmd.Process.Kill()
			<-done
		}
		return os.RemoveAll(dir)
	}
	if err := listening(ctx, socket, done); err != nil {
		stopped := e.Stop()
		return nil, errors.Join(fmt.Errorf("podman: %w: %s", err, bytes.TrimSpace(log.Bytes())), stopped)
	}
	return e, nil
}

// listening waits until the service answers.
func listening(ctx context.Context, socket string, done <-chan struct{}) error {
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

// busybox is a root file system with a shell in it, as a tar.
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

// run answers what a command prints, and with an error what it complains of.
func run(ctx context.Context, env []string, in io.Reader, name string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	var said bytes.Buffer
	cmd.Env, cmd.Stdin, cmd.Stderr = env, in, &said
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w: %s", name, args[0], err, bytes.TrimSpace(said.Bytes()))
	}
	return out, nil
}
