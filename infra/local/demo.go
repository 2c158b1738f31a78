package local

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"

	"parley/shared/dialect/usersig"
)

// signatureLife is how long a UserSig of the demo is valid.
const signatureLife = 7 * 24 * time.Hour

// A User is an account of the demo application.
type User struct {
	ID   string `json:"id"`
	Nick string `json:"nick"`
}

// An App is the demo application. It is stored in demo.json, which only its owner can
// read.
type App struct {
	ID     int64  `json:"sdkappid"`
	Secret string `json:"secret"`
	Admin  string `json:"admin"`
	Users  []User `json:"users"`
}

// demo is what the stack knows about the demo application.
type demo struct {
	mu       sync.Mutex
	app      App
	imported map[string]bool // users whose account exists
}

// Demo returns the demo application. If no earlier run has created it, Demo creates it
// with the users alice, bob and carol.
func (s *Stack) Demo(ctx context.Context) (App, error) {
	file := filepath.Join(s.options.State, "demo.json")
	app := App{Admin: "administrator", Users: []User{{"alice", "Alice"}, {"bob", "Bob"}, {"carol", "Carol"}}}
	var stored App
	if text, err := os.ReadFile(file); err == nil && json.Unmarshal(text, &stored) == nil && s.reuseApp(ctx, stored) == nil {
		app = stored
	} else if err := s.createApp(ctx, &app, file); err != nil {
		return App{}, err
	}
	s.demo.mu.Lock()
	s.demo.app, s.demo.imported = app, map[string]bool{}
	for _, u := range app.Users {
		s.demo.imported[u.ID] = true
	}
	s.demo.mu.Unlock()
	return app, nil
}

// reuseApp checks that the application of an earlier run still works. An old
// application may have no account for its admin, so reuseApp adds the admin again,
// which does nothing if the account exists.
func (s *Stack) reuseApp(ctx context.Context, app App) error {
	var added struct{ Code int }
	if err := s.post(ctx, "/operator/app.add-admin", map[string]any{"SdkAppId": app.ID, "UserID": app.Admin}, &added); err != nil {
		return err
	}
	if added.Code != 0 {
		return fmt.Errorf("take up the demo app: code %d", added.Code)
	}
	return s.importUser(ctx, app, app.Users[0])
}

func (s *Stack) createApp(ctx context.Context, app *App, file string) error {
	var created struct {
		Code int
		Body struct {
			ID     int64 `json:"SdkAppId"`
			Secret string
		}
		Message string
	}
	if err := s.post(ctx, "/operator/app.create", map[string]any{"Name": "demo", "Admins": []string{app.Admin}}, &created); err != nil {
		return fmt.Errorf("create the demo app: %w", err)
	}
	if created.Code != 0 || created.Body.ID == 0 {
		return fmt.Errorf("create the demo app: code %d %s", created.Code, created.Message)
	}
	app.ID, app.Secret = created.Body.ID, created.Body.Secret
	for _, u := range app.Users {
		if err := s.importUser(ctx, *app, u); err != nil {
			return err
		}
	}
	if s.options.InMemory {
		return nil // the app is lost with the memory, so demo.json of an app on disk is not replaced
	}
	text, err := json.MarshalIndent(app, "", "  ")
	if err != nil {
		return err
	}
	return writePrivateFile(file, append(text, '\n'))
}

// writePrivateFile writes a file that only its owner can read. The file is written
// completely or not at all.
func writePrivateFile(file string, text []byte) error {
	if err := os.WriteFile(file+".new", text, 0o600); err != nil {
		return err
	}
	return os.Rename(file+".new", file)
}

func (s *Stack) importUser(ctx context.Context, app App, u User) error {
	sig, err := usersig.Sign(app.Secret, app.ID, app.Admin, time.Now(), signatureLife)
	if err != nil {
		return err
	}
	query := url.Values{
		"sdkappid": {fmt.Sprint(app.ID)}, "identifier": {app.Admin}, "usersig": {sig}, "random": {"1"}, "contenttype": {"json"},
	}
	var done struct {
		ErrorCode int
		ErrorInfo string
	}
	if err := s.post(ctx, "/v4/im_open_login_svc/account_import?"+query.Encode(), map[string]string{"UserID": u.ID, "Nick": u.Nick}, &done); err != nil {
		return fmt.Errorf("import %s: %w", u.ID, err)
	}
	if done.ErrorCode != 0 {
		return fmt.Errorf("import %s: %d %s", u.ID, done.ErrorCode, done.ErrorInfo)
	}
	return nil
}

// retryTime is how long post repeats a call whose function failed. On a busy machine the
// first calls of DynamoDB Local after its start can take longer than the timeout of the
// function.
const retryTime = time.Minute

// post calls an operation over HTTP. It repeats the call as long as the function fails.
func (s *Stack) post(ctx context.Context, path string, in, out any) error {
	for end := time.Now().Add(retryTime); ; {
		err := s.postOnce(ctx, path, in, out)
		if !errors.Is(err, errFunctionFailed) || time.Now().After(end) {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(200 * time.Millisecond):
		}
	}
}

var errFunctionFailed = errors.New("the function failed")

func (s *Stack) postOnce(ctx context.Context, path string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.HTTP+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	// The operator routes need a SigV4 signature, which the local cloud does not check.
	req.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=operator/20000101/us-east-1/execute-api/aws4_request, SignedHeaders=host, Signature=0")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	if res.StatusCode >= http.StatusInternalServerError {
		return fmt.Errorf("answer %d %.200s: %w", res.StatusCode, text, errFunctionFailed)
	}
	if json.Unmarshal(text, out) != nil || res.StatusCode != http.StatusOK {
		return fmt.Errorf("answer %d %.200s", res.StatusCode, text)
	}
	return nil
}

func (s *Stack) serveDemo(w http.ResponseWriter, _ *http.Request) {
	s.demo.mu.Lock()
	app := s.demo.app
	s.demo.mu.Unlock()
	if app.ID == 0 {
		writeJSON(w, http.StatusNotFound, map[string]string{"message": "no demo app was created"})
		return
	}
	writeJSON(w, http.StatusOK, map[string]any{"http": s.HTTP, "websocket": s.WebSocket, "sdkappid": app.ID, "users": app.Users})
}

func (s *Stack) serveUserSig(w http.ResponseWriter, r *http.Request) {
	user := r.URL.Query().Get("user")
	if len(user) < 1 || len(user) > 32 {
		writeJSON(w, http.StatusBadRequest, map[string]string{"message": "user is 1 to 32 bytes"})
		return
	}
	sig, appID, err := s.UserSig(r.Context(), user)
	if err != nil {
		writeJSON(w, http.StatusBadGateway, map[string]string{"message": err.Error()})
		return
	}
	writeJSON(w, http.StatusOK, map[string]any{"sdkappid": appID, "identifier": user, "usersig": sig})
}

// UserSig returns a UserSig for a user of the demo application. If the user has no
// account yet, it imports one first.
func (s *Stack) UserSig(ctx context.Context, user string) (sig string, appID int64, err error) {
	s.demo.mu.Lock()
	imported, app := s.demo.imported[user], s.demo.app
	s.demo.mu.Unlock()
	if app.ID == 0 {
		return "", 0, errors.New("no demo app was created")
	}
	if !imported && user != app.Admin {
		if err := s.importUser(ctx, app, User{ID: user, Nick: user}); err != nil {
			return "", 0, err
		}
		s.demo.mu.Lock()
		s.demo.imported[user] = true
		s.demo.mu.Unlock()
	}
	sig, err = usersig.Sign(app.Secret, app.ID, user, time.Now(), signatureLife)
	return sig, app.ID, err
}
