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

// signature is how long a UserSig of the demo lasts.
const signature = 7 * 24 * time.Hour

// A User is an account of the demo.
type User struct {
	ID   string `json:"id"`
	Nick string `json:"nick"`
}

// An App is the demo application. Its file is readable by its owner alone.
type App struct {
	ID     int64  `json:"sdkappid"`
	Secret string `json:"secret"`
	Admin  string `json:"admin"`
	Users  []User `json:"users"`
}

// demo is what the stack knows of the demo application.
type demo struct {
	mu    sync.Mutex
	app   App
	known map[string]bool // users that were imported
}

// Demo creates the demo application with alice, bob and carol, or takes up the
// one of an earlier run.
func (s *Stack) Demo(ctx context.Context) (App, error) {
	file := filepath.Join(s.options.State, "demo.json")
	app := App{Admin: "administrator", Users: []User{{"alice", "Alice"}, {"bob", "Bob"}, {"carol", "Carol"}}}
	var old App
	if text, err := os.ReadFile(file); err == nil && json.Unmarshal(text, &old) == nil && s.adopt(ctx, old) == nil {
		app = old
	} else if err := s.createApp(ctx, &app, file); err != nil {
		return App{}, err
	}
	s.demo.mu.Lock()
	s.demo.app, s.demo.known = app, map[string]bool{}
	for _, u := range app.Users {
		s.demo.known[u.ID] = true
	}
	s.demo.mu.Unlock()
	return app, nil
}

// adopt takes up the application of an earlier run. One that was made when admins
// had no accounts gets the admin's: a repeat of app.add-admin is harmless.
func (s *Stack) adopt(ctx context.Context, app App) error {
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
		return nil // the app goes with the memory; an app on disk stays known
	}
	text, err := json.MarshalIndent(app, "", "  ")
	if err != nil {
		return err
	}
	return private(file, append(text, '\n'))
}

// private writes a file for its owner alone, whole or not at all.
func private(file string, text []byte) error {
	if err := os.WriteFile(file+".new", text, 0o600); err != nil {
		return err
	}
	return os.Rename(file+".new", file)
}

func (s *Stack) importUser(ctx context.Context, app App, u User) error {
	sig, err := usersig.Sign(app.Secret, app.ID, app.Admin, time.Now(), signature)
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

// firstCalls is how long a call of the demo is tried again that a function did not
// answer: the first calls of a database that has just started can take longer than
// a function may run, on a busy machine.
const firstCalls = time.Minute

func (s *Stack) post(ctx context.Context, path string, in, out any) error {
	for end := time.Now().Add(firstCalls); ; {
		err := s.postOnce(ctx, path, in, out)
		if !errors.Is(err, errNoAnswer) || time.Now().After(end) {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(200 * time.Millisecond):
		}
	}
}

var errNoAnswer = errors.New("the function failed")

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
	// The routes of operators ask for a SigV4 signature; it is not checked.
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
		return fmt.Errorf("answer %d %.200s: %w", res.StatusCode, text, errNoAnswer)
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
		answer(w, http.StatusNotFound, map[string]string{"message": "no demo app was created"})
		return
	}
	answer(w, http.StatusOK, map[string]any{"http": s.HTTP, "websocket": s.WebSocket, "sdkappid": app.ID, "users": app.Users})
}

func (s *Stack) serveUserSig(w http.ResponseWriter, r *http.Request) {
	user := r.URL.Query().Get("user")
	if len(user) < 1 || len(user) > 32 {
		answer(w, http.StatusBadRequest, map[string]string{"message": "user is 1 to 32 bytes"})
		return
	}
	sig, app, err := s.UserSig(r.Context(), user)
	if err != nil {
		answer(w, http.StatusBadGateway, map[string]string{"message": err.Error()})
		return
	}
	answer(w, http.StatusOK, map[string]any{"sdkappid": app, "identifier": user, "usersig": sig})
}

// UserSig signs for a user of the demo app and imports the account first if it
// is new.
func (s *Stack) UserSig(ctx context.Context, user string) (sig string, app int64, err error) {
	s.demo.mu.Lock()
	known, demo := s.demo.known[user], s.demo.app
	s.demo.mu.Unlock()
	if demo.ID == 0 {
		return "", 0, errors.New("no demo app was created")
	}
	if !known && user != demo.Admin {
		if err := s.importUser(ctx, demo, User{ID: user, Nick: user}); err != nil {
			return "", 0, err
		}
		s.demo.mu.Lock()
		s.demo.known[user] = true
		s.demo.mu.Unlock()
	}
	sig, err = usersig.Sign(demo.Secret, demo.ID, user, time.Now(), signature)
	return sig, demo.ID, err
}
