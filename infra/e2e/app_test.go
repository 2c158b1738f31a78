package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"testing"
	"time"

	"parley/shared/dialect/usersig"
)

// endpoints are the addresses of a stack.
type endpoints struct{ http, socket string }

func (c *cloud) endpoints() endpoints { return endpoints{c.stack.HTTP, c.stack.WebSocket} }

// app is an application as its backend knows it.
type app struct {
	endpoints
	id     int64
	secret string
}

const admin = "administrator"

// fields are the fields of a JSON object.
type fields = map[string]any

// newApp creates an application with accounts. settings may be nil.
func newApp(t *testing.T, p endpoints, settings fields, users ...string) *app {
	t.Helper()
	if settings == nil {
		settings = fields{"LoginPolicy": "multi"}
	}
	settings["Name"], settings["Admins"] = t.Name(), []string{admin}
	var created struct {
		ID     int64 `json:"SdkAppId"`
		Secret string
		Admins []string
	}
	if err := p.operator("app.create", settings, &created); err != nil {
		t.Fatalf("app.create: %v", err)
	}
	if created.ID == 0 || len(created.Secret) != 64 || len(created.Admins) != 1 {
		t.Fatalf("app.create: got %+v", created)
	}
	a := &app{endpoints: p, id: created.ID, secret: created.Secret}
	a.importUsers(t, users...)
	return a
}

// operator calls an operation of the operator and reads the body of the answer.
func (p endpoints) operator(action string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	request, err := http.NewRequest(http.MethodPost, p.http+"/operator/"+action, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=operator/20260101/us-east-1/execute-api/aws4_request, SignedHeaders=host, Signature=0")
	status, text, err := send(request)
	if err != nil {
		return err
	}
	var a answer
	if json.Unmarshal(text, &a) != nil || status != http.StatusOK || a.Code != 0 {
		return errStatus{status, string(text)}
	}
	return json.Unmarshal(a.Body, out)
}

// importUsers imports accounts, up to 100 per call.
func (a *app) importUsers(t *testing.T, users ...string) {
	t.Helper()
	for len(users) > 0 {
		n := min(len(users), 100)
		if err := a.v4("im_open_login_svc/multiaccount_import", fields{"Accounts": users[:n]}, nil); err != nil {
			t.Fatalf("import %v: %v", users[:n], err)
		}
		users = users[n:]
	}
}

// sign makes a UserSig that is valid now.
func (a *app) sign(user string) string { return a.signAt(user, time.Now()) }

// signAt makes a UserSig that is valid for an hour from a time on.
func (a *app) signAt(user string, at time.Time) string {
	sig, err := usersig.Sign(a.secret, a.id, user, at, time.Hour)
	if err != nil {
		panic(err) // a test uses an invalid user
	}
	return sig
}

// query is the query string of a call of the server API.
func (a *app) query() string {
	return url.Values{
		"sdkappid": {fmt.Sprint(a.id)}, "identifier": {admin}, "usersig": {a.sign(admin)}, "random": {"1"}, "contenttype": {"json"},
	}.Encode()
}

// errCode is an error that an operation answered.
type errCode struct {
	code int
	text string
}

func (e errCode) Error() string { return fmt.Sprintf("code %d: %s", e.code, e.text) }

// codeOf returns the code of an errCode, 0 for nil, and -1 for any other error.
func codeOf(err error) int {
	var e errCode
	switch {
	case err == nil:
		return 0
	case errors.As(err, &e):
		return e.code
	}
	return -1
}

// v4 calls a command of the server API. out may be nil.
func (a *app) v4(command string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	request, err := http.NewRequest(http.MethodPost, a.http+"/v4/"+command+"?"+a.query(), bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	status, text, err := send(request)
	if err != nil {
		return err
	}
	var e struct {
		ActionStatus string
		ErrorCode    int
		ErrorInfo    string
	}
	if json.Unmarshal(text, &e) != nil || status != http.StatusOK || e.ActionStatus == "" {
		return errStatus{status, string(text)}
	}
	if (e.ActionStatus == "OK") != (e.ErrorCode == 0) || (e.ErrorInfo == "") != (e.ErrorCode == 0) {
		return fmt.Errorf("ActionStatus %q with ErrorCode %d and ErrorInfo %q", e.ActionStatus, e.ErrorCode, e.ErrorInfo)
	}
	if e.ErrorCode != 0 {
		return errCode{e.ErrorCode, e.ErrorInfo}
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(text, out)
}

// answer is the answer of a client operation, over HTTP and over WebSocket.
type answer struct {
	ID    string          `json:"id"`
	Code  int             `json:"code"`
	Error string          `json:"error"`
	Body  json.RawMessage `json:"body"`
}

// into reads the body of the answer. If the answer is an error, it returns an errCode.
func (a answer) into(out any) error {
	if a.Code != 0 {
		return errCode{a.Code, a.Error}
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(a.Body, out)
}

// call calls a client operation over HTTP.
func (a *app) call(ctx context.Context, user, instance, action string, in, out any) error {
	return a.callAs(ctx, fmt.Sprintf("UserSig %d %s %s", a.id, user, a.sign(user)), instance, action, in, out)
}

// callAs is call with an Authorization header.
func (a *app) callAs(ctx context.Context, authorization, instance, action string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, a.http+"/client/"+action, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", authorization)
	if instance != "" {
		request.Header.Set("Parley-Instance", instance)
	}
	status, text, err := send(request)
	if err != nil {
		return err
	}
	var got answer
	if json.Unmarshal(text, &got) != nil || status >= 500 || !bytes.Contains(text, []byte(`"code":`)) {
		return errStatus{status, string(text)}
	}
	return got.into(out)
}

// text is a MsgBody with one text element.
func text(s string) []any {
	return []any{fields{"MsgType": "TIMTextElem", "MsgContent": fields{"Text": s}}}
}
