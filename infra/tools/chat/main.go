// Command chat is a client of the local cloud for the terminal. It opens a connection for a
// user, prints every frame that it receives, and sends the lines that are typed. The first word
// of a line is the receiver:
//
//	go run ./infra/tools/chat alice
//	bob hello there
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"strings"

	"github.com/coder/websocket"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdin, os.Stdout)
	stop()
	if err != nil && !errors.Is(err, context.Canceled) {
		fmt.Fprintln(os.Stderr, "chat:", err)
		os.Exit(1)
	}
}

// stack is what the local cloud writes to .local/run.json.
type stack struct {
	HTTP      string `json:"http"`
	WebSocket string `json:"websocket"`
}

// run connects as the user in args and prints frames until the connection ends.
func run(ctx context.Context, args []string, in io.Reader, out io.Writer) error {
	if len(args) != 1 {
		return errors.New("say who you are: go run ./infra/tools/chat alice")
	}
	text, err := os.ReadFile(".local/run.json")
	if err != nil {
		return errors.New("the local cloud is not running here: start it with make run")
	}
	var s stack
	if err := json.Unmarshal(text, &s); err != nil {
		return fmt.Errorf(".local/run.json: %w", err)
	}
	conn, err := open(ctx, s, args[0])
	if err != nil {
		return err
	}
	defer func() { _ = conn.CloseNow() }()
	fmt.Fprintf(out, "connected as %s; type a user and a text, such as: bob hello there\n", args[0])
	go send(ctx, conn, in)
	for {
		_, frame, err := conn.Read(ctx)
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "%s\n", frame)
	}
}

// open gets a UserSig from the local cloud and opens a connection with it.
func open(ctx context.Context, s stack, user string) (*websocket.Conn, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.HTTP+"/_local/usersig?user="+url.QueryEscape(user), nil)
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	var sig struct {
		App  int64  `json:"sdkappid"`
		Text string `json:"usersig"`
	}
	if err := json.NewDecoder(response.Body).Decode(&sig); err != nil || sig.Text == "" {
		return nil, fmt.Errorf("no signature for %s: status %d", user, response.StatusCode)
	}
	query := url.Values{
		"sdkappid": {fmt.Sprint(sig.App)}, "identifier": {user}, "platform": {"Linux"}, "instance": {"terminal"},
	}
	conn, answer, err := websocket.Dial(ctx, s.WebSocket+"?"+query.Encode(), &websocket.DialOptions{Subprotocols: []string{"im.v1", sig.Text}})
	if answer != nil && answer.Body != nil {
		_ = answer.Body.Close()
	}
	return conn, err
}

// send sends each line of in as a message. It ignores a line without a receiver and a text.
func send(ctx context.Context, conn *websocket.Conn, in io.Reader) {
	lines := bufio.NewScanner(in)
	for n := 1; lines.Scan(); n++ {
		to, text, ok := strings.Cut(strings.TrimSpace(lines.Text()), " ")
		if !ok {
			continue
		}
		frame, err := json.Marshal(map[string]any{"action": "message.send", "id": fmt.Sprint(n), "body": map[string]any{
			"To_Account": to, "MsgSeq": n, "MsgRandom": rand.Uint32(), // an id and not a secret
			"MsgBody": []any{map[string]any{"MsgType": "TIMTextElem", "MsgContent": map[string]string{"Text": text}}},
		}})
		if err != nil || conn.Write(ctx, websocket.MessageText, frame) != nil {
			return
		}
	}
}
