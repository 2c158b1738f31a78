package usersig_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"parley/shared/dialect/usersig"
)

// These tests compare this package with the vendor's package for Node.js, in the version
// that testdata/vendor pins. npm installs it into .local/usersig once.

// A vendorRequest is a token to make; or, if Token is set, a token to check.
type vendorRequest struct {
	App    int64  `json:"app"`
	Secret string `json:"secret"`
	User   string `json:"user"`
	Time   int64  `json:"time"`
	Expire int64  `json:"expire"`
	Room   string `json:"room,omitempty"`
	RoomID int64  `json:"roomid,omitempty"`
	Token  string `json:"token,omitempty"`
}

func (r vendorRequest) String() string {
	return fmt.Sprintf("user %q of app %d at %d for %d s, room %q %d", r.User, r.App, r.Time, r.Expire, r.Room, r.RoomID)
}

// install returns the node_modules folder of the vendor's package, and installs the
// package if it is not there.
func install(t *testing.T) string {
	t.Helper()
	files := make(map[string][]byte)
	h := sha256.New()
	for _, name := range []string{"package.json", "package-lock.json"} {
		text, err := os.ReadFile(filepath.Join("testdata", "vendor", name))
		if err != nil {
			t.Fatal(err)
		}
		files[name] = text
		h.Write(text)
	}
	cache, err := filepath.Abs(filepath.Join("..", "..", "..", ".local", "usersig"))
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(cache, fmt.Sprintf("%x", h.Sum(nil)[:6]))
	modules := filepath.Join(dir, "node_modules")
	if _, err := os.Stat(modules); err == nil {
		return modules
	}
	if err := os.MkdirAll(cache, 0o755); err != nil {
		t.Fatal(err)
	}
	temporary, err := os.MkdirTemp(cache, "new-")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(temporary) }()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(temporary, name), text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	npm := exec.CommandContext(t.Context(), program(t, "npm"), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
	npm.Dir = temporary
	if out, err := npm.CombinedOutput(); err != nil {
		t.Fatalf("npm ci of the vendor's package: %v\n%s", err, out)
	}
	// Another test process may have installed the same package at the same time.
	if err := os.Rename(temporary, dir); err != nil {
		if _, missing := os.Stat(modules); missing != nil {
			t.Fatal(err)
		}
	}
	return modules
}

// program returns the path of a program.
func program(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Fatalf("this test needs %s: install Node.js 20 or newer (apt install nodejs npm, brew install node)", name)
	}
	return path
}

// vendor returns the answers of the vendor's package to requests.
func vendor(t *testing.T, requests []vendorRequest) []string {
	t.Helper()
	in, err := json.Marshal(requests)
	if err != nil {
		t.Fatal(err)
	}
	script := filepath.Join("testdata", "vendor", "vendor.js")
	node := exec.CommandContext(t.Context(), program(t, "node"), script, install(t))
	node.Stdin = bytes.NewReader(in)
	var stderr bytes.Buffer
	node.Stderr = &stderr
	out, err := node.Output()
	if err != nil {
		t.Fatalf("node %s: %v\n%s", script, err, stderr.Bytes())
	}
	var answers []string
	if err := json.Unmarshal(out, &answers); err != nil || len(answers) != len(requests) {
		t.Fatalf("node answers %d of %d requests: %v", len(answers), len(requests), err)
	}
	return answers
}

// vendorRequests returns tokens with many users, secrets, times and lifetimes.
func vendorRequests() []vendorRequest {
	users := []string{
		"administrator", "a", "user_1-2", "user#1", "a b", " ", "~", "#", "@RBT#001", `"quoted"`, `back\slash`, "<b>&amp;</b>",
		"TLS.time:1", "0", "中文用户", "émile", "😀", "a'b", "{}", "%41", "+/=", strings.Repeat("z", 32),
	}
	secrets := []string{
		vectorSecret, "x", strings.Repeat("F", 64), "with spaces and #~", "秘密", strings.Repeat("long", 64),
	}
	var list []vendorRequest
	for i, user := range users {
		for j, secret := range secrets {
			r := vendorRequest{
				App: []int64{1, 1_400_000_001, 1_600_012_345, 20_000_000}[(i+j)%4], Secret: secret, User: user,
				Time:   []int64{1_700_000_000, 1, 1_999_999_999, 4_102_444_800}[(i+2*j)%4],
				Expire: []int64{1, 86_400, 180 * 86_400, 50 * 365 * 86_400, 0}[(i*j)%5],
			}
			list = append(list, r)
		}
	}
	for _, user := range []string{"user1", "a", strings.Repeat("z", 32)} { // the userbuf of the vendor's package takes ASCII only
		list = append(list,
			vendorRequest{App: 1_400_000_001, Secret: vectorSecret, User: user, Time: 1_700_000_000, Expire: 86_400, RoomID: 10_001},
			vendorRequest{App: 1_400_000_001, Secret: vectorSecret, User: user, Time: 1_700_000_000, Expire: 86_400, Room: "roomA"})
	}
	return list
}

// TestVendorTokensVerify checks tokens that the vendor's package has made.
func TestVendorTokensVerify(t *testing.T) {
	requests := vendorRequests()
	for i, text := range vendor(t, requests) {
		r := requests[i]
		token, err := usersig.Parse(text)
		if err != nil {
			t.Errorf("%s: Parse(%q): %v", r, text, err)
			continue
		}
		last := time.Unix(r.Time+r.Expire, 0)
		for what, c := range map[string]struct {
			secret, user string
			app          int64
			now          time.Time
			want         error
		}{
			"good":           {r.Secret, r.User, r.App, last, nil},
			"another secret": {r.Secret + "0", r.User, r.App, last, usersig.ErrMismatch},
			"another user":   {r.Secret, r.User + "0", r.App, last, usersig.ErrUser},
			"another app":    {r.Secret, r.User, r.App + 1, last, usersig.ErrApp},
			"too late":       {r.Secret, r.User, r.App, last.Add(time.Second), usersig.ErrExpired},
		} {
			if got := token.Verify([]string{c.secret}, c.app, c.user, c.now); got != c.want {
				t.Errorf("%s: %s: %v, want %v", r, what, got, c.want)
			}
		}
		if got, want := token.UserBuf != "", r.Room != "" || r.RoomID != 0; got != want {
			t.Errorf("%s: has a userbuf: %t, want %t", r, got, want)
		}
	}
}

// TestTokensVerifyAtVendor checks tokens that Sign has made as the vendor's verifiers do, with
// the HMAC of the vendor's package.
func TestTokensVerifyAtVendor(t *testing.T) {
	var requests []vendorRequest
	for _, r := range vendorRequests() {
		if r.Room != "" || r.RoomID != 0 {
			continue
		}
		var err error
		if r.Token, err = usersig.Sign(r.Secret, r.App, r.User, time.Unix(r.Time, 0), time.Duration(r.Expire)*time.Second); err != nil {
			t.Fatal(err)
		}
		requests = append(requests, r)
	}
	broken := requests[0]
	broken.Secret += "0"
	requests = append(requests, broken)
	answers := vendor(t, requests)
	for i, got := range answers[:len(answers)-1] {
		if got != "ok" {
			t.Errorf("%s: the vendor says %q, want ok", requests[i], got)
		}
	}
	if got, want := answers[len(answers)-1], "the signature differs"; got != want {
		t.Errorf("with another secret the vendor says %q, want %q", got, want)
	}
}
