package sam

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"parley/infra/rie"
)

// A Call is one invocation of a function.
type Call struct {
	Template string // the path that Stage returns
	Function string // the logical ids from the root template on: "Client/MessageSend"
	Event    []byte
	Env      map[string]string // values of variables that the template declares
}

// Invoke sends the event to the function and returns its answer. If the function fails, the
// error is a *rie.Error.
func (e *Engine) Invoke(ctx context.Context, c Call) ([]byte, error) {
	dir, err := os.MkdirTemp("", "parley-sam-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	variables, err := json.Marshal(map[string]any{"Parameters": c.Env})
	if err != nil {
		return nil, err
	}
	env, event := filepath.Join(dir, "env.json"), filepath.Join(dir, "event.json")
	if err := errors.Join(os.WriteFile(env, variables, 0o600), os.WriteFile(event, c.Event, 0o600)); err != nil {
		return nil, err
	}
	args := append([]string{"local", "invoke", c.Function, "--template", c.Template, "--event", event, "--env-vars", env, "--region", "us-east-1"}, e.args...)
	cmd := exec.CommandContext(ctx, "sam", args...)
	var answer, log bytes.Buffer
	cmd.Dir, cmd.Stdout, cmd.Stderr = filepath.Dir(c.Template), &answer, &log
	// Without these variables SAM CLI asks AWS for its identity and waits for a timeout.
	cmd.Env = append(os.Environ(), append([]string{
		"SAM_CLI_TELEMETRY=0", "AWS_ENDPOINT_URL_STS=http://127.0.0.1:1", "AWS_MAX_ATTEMPTS=1", "AWS_EC2_METADATA_DISABLED=true",
		"AWS_ACCESS_KEY_ID=local", "AWS_SECRET_ACCESS_KEY=local",
	}, e.env...)...)
	// SAM CLI removes its container if it ends by SIGTERM.
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 20 * time.Second
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("sam local invoke %s: %w\n%s", c.Function, err, bytes.TrimSpace(log.Bytes()))
	}
	payload, err := rie.Answer(200, bytes.TrimSpace(answer.Bytes()))
	if err != nil {
		return nil, fmt.Errorf("%w\n%s", err, bytes.TrimSpace(log.Bytes()))
	}
	return payload, nil
}
