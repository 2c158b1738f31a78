package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"

	"parley/shared/dialect/usersig"
)

// stack is a local cloud that runs in processes of its own, for this benchmark only.
type stack struct {
	cmd  *exec.Cmd
	dir  string
	http *http.Client
	seq  atomic.Uint32 // of the last message
	info struct {
		HTTP      string `json:"http"`
		WebSocket string `json:"websocket"`
		App       int64  `json:"sdkappid"`
		Secret    string `json:"secret"`
		PID       int    `json:"pid"`
	}
}

// startStack builds the local cloud, starts it in memory, and waits until it is ready.
func startStack(ctx context.Context) (*stack, error) {
	dir, err := os.MkdirTemp("", "parley-bench-")
	if err != nil {
		return nil, err
	}
	s := &stack{dir: dir, http: &http.Client{
		Timeout: 30 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 1024},
	}}
	runner := filepath.Join(dir, "parley-local")
	if out, err := exec.CommandContext(ctx, "go", "build", "-o", runner, "./infra/local/cmd/parley-local").CombinedOutput(); err != nil { // ours
		return nil, fmt.Errorf("build the local cloud: %w\n%s", err, out)
	}
	s.cmd = exec.Command(runner, "-memory", "-long", "-port", "0", "-state", dir) // stopped by stop
	log, err := os.Create(filepath.Join(dir, "screen.txt"))
	if err != nil {
		return nil, err
	}
	s.cmd.Stdout, s.cmd.Stderr = log, log
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	for range 600 {
		text, err := os.ReadFile(filepath.Join(dir, "run.json")) // ours
		if err == nil && json.Unmarshal(text, &s.info) == nil {
			return s, s.createApp(ctx)
		}
		select {
		case <-ctx.Done():
			s.stop()
			return nil, ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
	output, _ := os.ReadFile(log.Name())
	s.stop()
	return nil, fmt.Errorf("the local cloud did not start within a minute:\n%s", output)
}

// createApp creates an application for the benchmark, because the edition of the demo
// application limits the number of accounts.
func (s *stack) createApp(ctx context.Context) error {
	var a struct {
		Error string `json:"error"`
		Body  struct {
			ID     int64  `json:"SdkAppId"`
			Secret string `json:"Secret"`
		} `json:"body"`
	}
	if err := s.call(ctx, "/operator/app.create", "", []byte(`{"Name":"bench","Edition":"premium"}`), &a); err != nil {
		return err
	}
	if a.Body.ID == 0 {
		return fmt.Errorf("create app: %s", a.Error)
	}
	s.info.App, s.info.Secret = a.Body.ID, a.Body.Secret
	return nil
}

// explain adds to an error what the functions said when they failed.
func (s *stack) explain(err error) error {
	screen, _ := os.ReadFile(filepath.Join(s.dir, "screen.txt")) // ours
	var faults []string
	for line := range strings.Lines(string(screen)) {
		if strings.Contains(line, " fault ") {
			faults = append(faults, line)
		}
	}
	return fmt.Errorf("%w\n%s", err, strings.Join(faults[max(0, len(faults)-5):], ""))
}

// stop ends all processes of the stack and removes its data.
func (s *stack) stop() {
	_ = s.cmd.Process.Signal(os.Interrupt)
	_ = s.cmd.Wait()
	_ = os.RemoveAll(s.dir)
}

// sign makes a UserSig.
func (s *stack) sign(user string) string {
	sig, err := usersig.Sign(s.info.Secret, s.info.App, user, time.Now(), time.Hour)
	if err != nil {
		panic(err)
	}
	return sig
}

// call posts JSON and reads the answer.
func (s *stack) call(ctx context.Context, path, authorization string, body []byte, into any) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.info.HTTP+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	if authorization != "" {
		request.Header.Set("Authorization", authorization)
	}
	response, err := s.http.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, into); err != nil {
		return fmt.Errorf("%s: status %d: %.200s", path, response.StatusCode, text)
	}
	return nil
}

// pair is a user who sends, with the signature, and a user who receives, with the
// WebSocket.
type pair struct {
	from, to      string
	authorization string
	socket        *websocket.Conn

	mu      sync.Mutex
	waiting map[uint32]chan time.Time // by MsgSeq: receives the time at which the frame arrived
}

// importUsers imports accounts, 100 in a call.
func (s *stack) importUsers(ctx context.Context, users []string) error {
	query := url.Values{
		"sdkappid": {fmt.Sprint(s.info.App)}, "identifier": {"administrator"}, "usersig": {s.sign("administrator")}, "contenttype": {"json"},
	}
	for some := range slices.Chunk(users, 100) {
		body, err := json.Marshal(map[string]any{"Accounts": some})
		if err != nil {
			return err
		}
		var done struct {
			Code int    `json:"ErrorCode"`
			Info string `json:"ErrorInfo"`
		}
		if err := s.call(ctx, "/v4/im_open_login_svc/multiaccount_import?"+query.Encode(), "", body, &done); err != nil {
			return err
		}
		if done.Code != 0 {
			return fmt.Errorf("import: %d %s", done.Code, done.Info)
		}
	}
	return nil
}

// open opens the WebSocket of a user.
func (s *stack) open(ctx context.Context, user string) (*websocket.Conn, error) {
	query := url.Values{
		"sdkappid": {fmt.Sprint(s.info.App)}, "identifier": {user}, "platform": {"Web"}, "instance": {"bench"}, "usersig": {s.sign(user)},
	}
	socket, answer, err := websocket.Dial(ctx, s.info.WebSocket+"?"+query.Encode(), nil)
	if answer != nil && answer.Body != nil {
		_ = answer.Body.Close()
	}
	if err != nil {
		return nil, fmt.Errorf("connect %s: %w", user, err)
	}
	return socket, nil
}

// connectPairs imports the users of n pairs and opens the WebSockets of the receivers.
func (s *stack) connectPairs(ctx context.Context, n int) ([]*pair, error) {
	pairs, users := make([]*pair, n), make([]string, 0, 2*n)
	for i := range pairs {
		p := &pair{from: fmt.Sprintf("from%d", i), to: fmt.Sprintf("to%d", i), waiting: make(map[uint32]chan time.Time)}
		p.authorization = fmt.Sprintf("UserSig %d %s %s", s.info.App, p.from, s.sign(p.from))
		pairs[i], users = p, append(users, p.from, p.to)
	}
	if err := s.importUsers(ctx, users); err != nil {
		return nil, err
	}
	for _, p := range pairs {
		var err error
		if p.socket, err = s.open(ctx, p.to); err != nil {
			closeAll(pairs)
			return nil, err
		}
		go p.read(ctx)
	}
	return pairs, nil
}

// read receives frames until the WebSocket closes.
func (p *pair) read(ctx context.Context) {
	for {
		_, frame, err := p.socket.Read(ctx)
		if err != nil {
			return
		}
		now := time.Now()
		var e struct {
			Body struct {
				Seq uint32 `json:"MsgSeq"`
			} `json:"body"`
		}
		if json.Unmarshal(frame, &e) != nil {
			continue
		}
		p.mu.Lock()
		arrived := p.waiting[e.Body.Seq]
		delete(p.waiting, e.Body.Seq)
		p.mu.Unlock()
		if arrived != nil {
			arrived <- now
		}
	}
}

// expect returns a channel that receives the time at which the message arrives.
func (p *pair) expect(seq uint32) <-chan time.Time {
	arrived := make(chan time.Time, 1)
	p.mu.Lock()
	p.waiting[seq] = arrived
	p.mu.Unlock()
	return arrived
}

func closeAll(pairs []*pair) {
	for _, p := range pairs {
		if p.socket != nil {
			_ = p.socket.CloseNow()
		}
	}
}

// connects measures the CPU time of all parts for one connect with its authorizer: users open
// their WebSockets one after the other.
func (s *stack) connects(ctx context.Context, users []string) (map[string]time.Duration, error) {
	before, err := cpuTimes(s.info.PID)
	if err != nil {
		return nil, err
	}
	for _, user := range users {
		socket, err := s.open(ctx, user)
		if err != nil {
			return nil, err
		}
		defer func() { _ = socket.CloseNow() }()
	}
	after, err := cpuTimes(s.info.PID)
	if err != nil {
		return nil, err
	}
	used := since(before, after)
	for part := range used {
		used[part] /= time.Duration(len(users))
	}
	return used, nil
}
