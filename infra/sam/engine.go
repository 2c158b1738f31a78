package sam

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"runtime"
	"strings"
)

// ErrNone says that this machine has no container engine, and how to get one.
var ErrNone = errors.New("no container engine for sam local invoke: start Docker, or as root on Linux apt-get install podman crun busybox-static")

// An Engine runs the containers of SAM CLI.
type Engine struct {
	Name string // docker or podman
	// Machine is the name by which a container reaches this machine. What
	// listens on 127.0.0.1 alone is not reached.
	Machine string

	env  []string // for SAM CLI
	args []string // for sam local invoke
	stop func() error
}

// Start finds Docker, or starts podman. state is a folder it may fill and
// find again; .local/podman of the repository.
func Start(ctx context.Context, state string) (*Engine, error) {
	if machine, err := docker(ctx); err == nil {
		return &Engine{Name: "docker", Machine: machine, stop: func() error { return nil }}, nil
	}
	return podman(ctx, state)
}

// Stop ends what Start began.
func (e *Engine) Stop() error { return e.stop() }

// docker answers the name of this machine in Docker's containers.
func docker(ctx context.Context) (string, error) {
	if err := exec.CommandContext(ctx, "docker", "info").Run(); err != nil {
		return "", err
	}
	if runtime.GOOS != "linux" {
		return "host.docker.internal", nil
	}
	out, err := exec.CommandContext(ctx, "docker", "network", "inspect", "bridge", "--format", "{{(index .IPAM.Config 0).Gateway}}").Output()
	if err != nil {
		return "", fmt.Errorf("docker network inspect: %w", err)
	}
	return strings.TrimSpace(string(out)), nil
}

// machine is how Lambda names the processor of this machine.
func machine() string {
	if runtime.GOARCH == "amd64" {
		return "x86_64"
	}
	return runtime.GOARCH
}
