package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"parley/functions/catalog"
)

// starts is how often each program is started.
const starts = 25

// copies is how often the catalog is copied for the program with 700 operations.
const copies = 5

// startTimes measures how long programs take from their start until they ask the Lambda
// Runtime API for their first event: the program, the program with six times the operations,
// and the smallest function that the same runtime library makes. They are started in turn.
func startTimes(ctx context.Context) ([]Measure, error) {
	dir, err := os.MkdirTemp("", "parley-bench-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	minimal, large := filepath.Join(dir, "minimal"), filepath.Join(dir, "large")
	overlay, operations, err := largeCatalog(dir)
	if err != nil {
		return nil, err
	}
	for _, build := range [][]string{{minimal, "./infra/bench/minimal"}, {large, "./functions", "-overlay=" + overlay}} {
		arguments := append([]string{"build", "-trimpath", "-tags", "lambda.norpc", "-ldflags=-s -w", "-o", build[0]}, append(build[2:], build[1])...)
		cmd := exec.CommandContext(ctx, "go", arguments...) // ours
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := cmd.CombinedOutput(); err != nil {
			return nil, fmt.Errorf("build %s: %w\n%s", build[1], err, out)
		}
	}
	api, err := newPollTimer()
	if err != nil {
		return nil, err
	}
	defer api.close()
	programs := []string{minimal, ".local/bin/parley", large}
	took, used := make(map[string][]float64), make(map[string][]float64)
	for range starts {
		for _, program := range programs {
			wall, cpu, err := startOnce(ctx, api, program)
			if err != nil {
				return nil, err
			}
			took[program], used[program] = append(took[program], ms(wall)), append(used[program], ms(cpu))
		}
	}
	var list []Measure
	for i, name := range []string{"minimal handler", "program", fmt.Sprintf("program with %d operations", operations)} {
		list = append(list, Measure{Name: "start, " + name, Unit: "ms", Value: median(took[programs[i]])},
			Measure{Name: "start, " + name + ", CPU", Unit: "ms", Value: median(used[programs[i]])})
	}
	ratio := func(i int) float64 { return median(took[programs[i]]) / median(took[minimal]) }
	return append(list,
		Measure{Name: "start against a minimal handler", Unit: ": 1", Value: ratio(1), Goal: 1.3},
		Measure{Name: "the same, with 700 operations or more", Unit: ": 1", Value: ratio(2), Goal: 1.3}), nil
}

// startOnce starts a program and kills it when it asks for its first event. It returns the
// time and the CPU time until then.
func startOnce(ctx context.Context, api *pollTimer, program string) (wall, cpu time.Duration, err error) {
	cmd := exec.CommandContext(ctx, program) // ours
	cmd.Env = []string{
		"_HANDLER=client.message.send", "AWS_LAMBDA_RUNTIME_API=" + api.addr, "AWS_REGION=us-east-1", "SCHEMA=1", "SEAL_KEY=arn:aws:kms:us-east-1:1:key/x",
		"TABLE_CORE=c", "TABLE_MSG=m", "TABLE_LIVE=l", "TABLE_OPS=o", "CONNECTIONS_ENDPOINT=http://127.0.0.1:1/local",
		"AWS_ACCESS_KEY_ID=a", "AWS_SECRET_ACCESS_KEY=s",
	}
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return 0, 0, fmt.Errorf("%w: build it with make build", err)
	}
	defer func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}()
	select {
	case at := <-api.polled:
		return at.Sub(began), scheduled(cmd.Process.Pid), nil
	case <-time.After(time.Minute):
		return 0, 0, fmt.Errorf("%s did not ask for an event", program)
	}
}

// scheduled returns the CPU time of all threads of a process, to the nanosecond. It is 0 on a
// system that does not count it.
func scheduled(pid int) time.Duration {
	threads, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
	var sum time.Duration
	for _, file := range threads {
		text, _ := os.ReadFile(file) // of /proc
		first, _, _ := strings.Cut(string(text), " ")
		n, _ := strconv.ParseInt(first, 10, 64)
		sum += time.Duration(n)
	}
	return sum
}

// largeCatalog writes an overlay for `go build` in which the folder functions has copies of
// all surfaces: their operations, types and code are linked once more with each copy. It
// returns the file of the overlay and the number of operations.
func largeCatalog(dir string) (file string, operations int, err error) {
	replaced := make(map[string]string)
	add := func(path, text string) error {
		stored := filepath.Join(dir, strings.ReplaceAll(path, string(filepath.Separator), "_"))
		absolute, err := filepath.Abs(path)
		if err != nil {
			return err
		}
		replaced[absolute] = stored
		return os.WriteFile(stored, []byte(text), 0o600)
	}
	group := regexp.MustCompile(`\{Name: "\w+\.`)
	var imports, lists string
	for n := range copies {
		for _, surface := range []string{"client", "tencent", "operator", "worker"} {
			err := filepath.WalkDir(filepath.Join("functions", surface), func(path string, d fs.DirEntry, err error) error {
				if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
					return err
				}
				text, err := os.ReadFile(path) // ours
				if err != nil {
					return err
				}
				copied := fmt.Sprintf("functions/copy%d", n)
				code := strings.ReplaceAll(string(text), `"parley/functions/`, `"parley/`+copied+`/`)
				// No function that starts is of a copied group.
				code = group.ReplaceAllStringFunc(code, func(s string) string { return fmt.Sprintf(`{Name: "copy%d.`, n) + s[len(`{Name: "`):] })
				return add(strings.Replace(path, "functions", copied, 1), code)
			})
			if err != nil {
				return "", 0, err
			}
			name := fmt.Sprintf("%s%d", surface, n)
			imports += fmt.Sprintf("\t%s %q\n", name, fmt.Sprintf("parley/functions/copy%d/%s", n, surface))
			lists += name + ".Groups(), "
		}
	}
	path := "functions/catalog/catalog.go"
	text, err := os.ReadFile(path) // ours
	if err != nil {
		return "", 0, err
	}
	code := strings.Replace(string(text), "\t\"parley/shared/op\"\n", imports+"\t\"parley/shared/op\"\n", 1)
	code = strings.Replace(code, "slices.Concat(", "slices.Concat("+lists, 1)
	if err := add(path, code); err != nil {
		return "", 0, err
	}
	overlay, err := json.Marshal(map[string]any{"Replace": replaced})
	if err != nil {
		return "", 0, err
	}
	file = filepath.Join(dir, "overlay.json")
	return file, len(catalog.All()) * (copies + 1), os.WriteFile(file, overlay, 0o600)
}

// pollTimer is a Lambda Runtime API that sends the time to polled when a program asks
// it for an event. It never answers.
type pollTimer struct {
	addr   string
	polled chan time.Time
	server *http.Server
}

func newPollTimer() (*pollTimer, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &pollTimer{addr: listener.Addr().String(), polled: make(chan time.Time, 1)}
	p.server = &http.Server{ReadHeaderTimeout: time.Second, Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		p.polled <- time.Now()
		<-r.Context().Done()
	})}
	go func() { _ = p.server.Serve(listener) }()
	return p, nil
}

func (p *pollTimer) close() { _ = p.server.Close() }
