package sam

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"runtime"
	"strings"
)

// ErrNone means that this machine has no container engine. Its text says how to get one.
var ErrNone = errors.New("no container engine for sam local invoke: start Docker, or as root on Linux apt-get install podman crun busybox-static")

// An Engine runs the containers of SAM CLI.
type Engine struct {
	Name string // docker or podman
	// Machine is the name by which a container reaches this machine. A container cannot reach
	// a server that listens only on 127.0.0.1.
	Machine string

	env  []string // variables for SAM CLI
	args []string // arguments for sam local invoke
	stop func() error
}

// Start finds Docker, or starts podman. state is the folder in which podman keeps its files
// from one run to the next: .local/podman in the repository.
func Start(ctx context.Context, state string) (*Engine, error) {
	if machine, err := docker(ctx); err == nil {
		return &Engine{Name: "docker", Machine: machine, stop: func() error { return nil }}, nil
	}
	return podman(ctx, state)
}

// Stop ends podman, if Start started it.
func (e *Engine) Stop() error { return e.stop() }

// docker returns the name by which Docker's containers reach this machine. It returns an error
// if Docker does not run.
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

// architecture returns Lambda's name of the processor of this machine.
func architecture() string {
	if runtime.GOARCH == "amd64" {
		return "x86_64"
	}
	return runtime.GOARCH
}
