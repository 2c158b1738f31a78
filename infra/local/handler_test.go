package local

import (
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
)

func TestDemoFileOfARequest(t *testing.T) {
	root := t.TempDir()
	for _, name := range []string{"index.html", "app.js", "v4/openim/sendmsg"} {
		file := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct{ method, path, want string }{
		{"GET", "/", "index.html"},
		{"GET", "/?user=alice", "index.html"},
		{"GET", "/index.html", "index.html"},
		{"HEAD", "/app.js", "app.js"},
		{"POST", "/app.js", ""},
		{"GET", "/none.js", ""},
		{"GET", "/v4/openim/sendmsg", ""}, // a path of the API, even if there is such a file
		{"GET", "/v4", ""},                // a folder
		{"GET", "/../front.go", ""},
	} {
		r := httptest.NewRequest(c.method, "http://localhost/", nil)
		r.URL.Path, r.URL.RawQuery = c.path, ""
		if c.path == "/?user=alice" {
			r.URL.Path, r.URL.RawQuery = "/", "user=alice"
		}
		want := c.want
		if want != "" {
			want = filepath.Join(root, want)
		}
		if got := demoFile(root, r); got != want {
			t.Errorf("%s %s: got %q, want %q", c.method, c.path, got, want)
		}
	}
}
