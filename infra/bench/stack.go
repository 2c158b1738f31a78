package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/coder/websocket"

	"parley/shared/dialect/usersig"
)

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

// stack is a local cloud that runs in processes of its own, for this benchmark only.
type stack struct {
	cmd  *exec.Cmd
	dir  string
	http *http.Client
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
		Timeout: 30 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 256},
	}}
	runner := filepath.Join(dir, "parley-local")
	if out, err := exec.CommandContext(ctx, "go", "build", "-o", runner, "./infra/local/cmd/parley-local").CombinedOutput(); err != nil { // ours
		return nil, fmt.Errorf("build the local cloud: %w\n%s", err, out)
	}
	s.cmd = exec.Command(runner, "-memory", "-port", "0", "-state", dir) // stopped by stop
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
	arrived       chan uint32 // the MsgSeq of each frame that was received
}

// connect imports the users of n pairs and opens the WebSockets of the receivers.
func (s *stack) connect(ctx context.Context, n int) ([]*pair, error) {
	pairs := make([]*pair, n)
	for i := range pairs {
		p := &pair{from: fmt.Sprintf("from%d", i), to: fmt.Sprintf("to%d", i), arrived: make(chan uint32, 64)}
		p.authorization = fmt.Sprintf("UserSig %d %s %s", s.info.App, p.from, s.sign(p.from))
		var done struct {
			Code int    `json:"ErrorCode"`
			Info string `json:"ErrorInfo"`
		}
		query := url.Values{
			"sdkappid": {fmt.Sprint(s.info.App)}, "identifier": {"administrator"}, "usersig": {s.sign("administrator")}, "contenttype": {"json"},
		}
		body := fmt.Sprintf(`{"Accounts":[%q,%q]}`, p.from, p.to)
		if err := s.call(ctx, "/v4/im_open_login_svc/multiaccount_import?"+query.Encode(), "", []byte(body), &done); err != nil {
			return nil, err
		}
		if done.Code != 0 {
			return nil, fmt.Errorf("import: %d %s", done.Code, done.Info)
		}
		query = url.Values{
			"sdkappid": {fmt.Sprint(s.info.App)}, "identifier": {p.to}, "platform": {"Web"}, "instance": {"bench"}, "usersig": {s.sign(p.to)},
		}
		socket, answer, err := websocket.Dial(ctx, s.info.WebSocket+"?"+query.Encode(), nil)
		if answer != nil && answer.Body != nil {
			_ = answer.Body.Close()
		}
		if err != nil {
			return nil, fmt.Errorf("connect %s: %w", p.to, err)
		}
		p.socket = socket
		go p.read(ctx)
		pairs[i] = p
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
		var e struct {
			Body struct {
				Seq uint32 `json:"MsgSeq"`
			} `json:"body"`
		}
		if json.Unmarshal(frame, &e) == nil {
			p.arrived <- e.Body.Seq
		}
	}
}

func closeAll(pairs []*pair) {
	for _, p := range pairs {
		_ = p.socket.CloseNow()
	}
}
