package smoke

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/coder/websocket"

	"parley/shared/dialect/usersig"
)

// AppName is the name of the application that a check calls with.
const AppName = "smoke"

// admin is the account that an application has from the start.
const admin = "administrator"

// A Stage has the addresses of a deployment. An address of a surface that is left out is
// empty.
type Stage struct {
	Operator Operator
	Tencent  string
	Client   string
	Socket   string // "wss://..."
}

// Check makes one call of each surface and one ping over a WebSocket, and writes a line for
// each. It tries each several times, since a new key and a new route take a few seconds; every
// is the time between two tries. A surface without an address is left out,
// and the check says so. Without the surface operator there is no key to call with, and
// everything is left out.
func (s Stage) Check(ctx context.Context, tries int, every time.Duration, out io.Writer) error {
	var app Created
	steps := []struct {
		name, address string
		try           func(context.Context) error
	}{
		{"operator: app.list and a new key", s.Operator.URL, func(ctx context.Context) (err error) {
			app, err = s.Operator.secretOf(ctx, AppName)
			return err
		}},
		{"tencent: account_check", s.Tencent, func(ctx context.Context) error { return s.checkTencent(ctx, app) }},
		{"client: session.sync", s.Client, func(ctx context.Context) error { return s.checkClient(ctx, app) }},
		{"socket: ping", s.Socket, func(ctx context.Context) error { return s.checkSocket(ctx, app) }},
	}
	for _, step := range steps {
		if step.address == "" || s.Operator.URL == "" {
			fmt.Fprintf(out, "left out  %s: it or the surface operator is not deployed\n", step.name)
			continue
		}
		if err := again(ctx, tries, every, step.try); err != nil {
			return fmt.Errorf("%s at %s: %w", step.name, step.address, err)
		}
		fmt.Fprintf(out, "works     %s\n", step.name)
	}
	return nil
}

// again calls a function until it succeeds, so many times at most, and until ctx ends. It
// returns the last error.
func again(ctx context.Context, tries int, every time.Duration, try func(context.Context) error) error {
	for n := 1; ; n++ {
		err := try(ctx)
		if err == nil || n >= tries {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(every):
		}
	}
}

// signature returns a UserSig of the admin that is valid for some minutes.
func signature(app Created) (string, error) {
	return usersig.Sign(app.Secret, app.ID, admin, time.Now(), 5*time.Minute)
}

// checkTencent asks the server API whether the admin is an account.
func (s Stage) checkTencent(ctx context.Context, app Created) error {
	sig, err := signature(app)
	if err != nil {
		return err
	}
	query := url.Values{"sdkappid": {fmt.Sprint(app.ID)}, "identifier": {admin}, "usersig": {sig}, "random": {"1"}, "contenttype": {"json"}}
	body := fmt.Sprintf(`{"CheckItem":[{"UserID":%q}]}`, admin)
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.Tencent+"/v4/im_open_login_svc/account_check?"+query.Encode(), strings.NewReader(body))
	if err != nil {
		return err
	}
	var a struct {
		ErrorCode  *int
		ErrorInfo  string
		ResultItem []struct{ AccountStatus string }
	}
	if err := post(request, &a); err != nil {
		return err
	}
	switch {
	case a.ErrorCode == nil:
		return errNotParley
	case *a.ErrorCode != 0:
		return fmt.Errorf("code %d: %s", *a.ErrorCode, a.ErrorInfo)
	case len(a.ResultItem) != 1 || a.ResultItem[0].AccountStatus != "Imported":
		return fmt.Errorf("the admin is no account: %+v", a.ResultItem)
	}
	return nil
}

// checkClient reads the conversations of the admin, as a client does.
func (s Stage) checkClient(ctx context.Context, app Created) error {
	sig, err := signature(app)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.Client+"/client/session.sync", bytes.NewReader([]byte("{}")))
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", fmt.Sprintf("UserSig %d %s %s", app.ID, admin, sig))
	request.Header.Set("Content-Type", "application/json")
	var a answer
	if err := post(request, &a); err != nil {
		return err
	}
	return a.check()
}

// checkSocket opens a connection and gets an answer to a ping, which API Gateway gives.
func (s Stage) checkSocket(ctx context.Context, app Created) error {
	sig, err := signature(app)
	if err != nil {
		return err
	}
	query := url.Values{"sdkappid": {fmt.Sprint(app.ID)}, "identifier": {admin}, "platform": {"Linux"}, "instance": {AppName}}
	conn, response, err := websocket.Dial(ctx, s.Socket+"?"+query.Encode(), &websocket.DialOptions{Subprotocols: []string{"im.v1", sig}})
	if response != nil && response.Body != nil {
		_ = response.Body.Close()
	}
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(websocket.StatusNormalClosure, "") }()
	if err := conn.Write(ctx, websocket.MessageText, []byte(`{"action":"pp"}`)); err != nil {
		return err
	}
	for { // other frames may come before
		_, frame, err := conn.Read(ctx)
		if err != nil {
			return err
		}
		var event struct{ Event string }
		if json.Unmarshal(frame, &event) == nil && event.Event == "pong" {
			return nil
		}
	}
}
