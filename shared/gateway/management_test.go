package gateway

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestDisconnect shows the request of Disconnect, and its errors.
func TestDisconnect(t *testing.T) {
	var got string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = r.Method + " " + r.RequestURI
		switch {
		case strings.HasSuffix(r.URL.Path, "/gone="):
			w.Header().Set("x-amzn-ErrorType", "GoneException")
			w.WriteHeader(http.StatusGone)
		case strings.HasSuffix(r.URL.Path, "/bare"): // without the header that names the error
			w.WriteHeader(http.StatusGone)
		case strings.HasSuffix(r.URL.Path, "/forbidden"):
			w.WriteHeader(http.StatusForbidden)
		default:
			w.WriteHeader(http.StatusNoContent)
		}
	}))
	defer server.Close()
	client := newClient(t, server.URL+"/local", testCredentials)
	for _, id := range []string{"gone=", "bare"} {
		if err := client.Disconnect(t.Context(), id); !errors.Is(err, ErrGone) {
			t.Errorf("disconnect %s: got %v, want ErrGone", id, err)
		}
	}
	if err := client.Disconnect(t.Context(), "forbidden"); err == nil || errors.Is(err, ErrGone) {
		t.Errorf("disconnect: got %v, want another error", err)
	}
	if err := client.Disconnect(t.Context(), "there="); err != nil {
		t.Errorf("disconnect: got %v, want nil", err)
	}
	if want := "DELETE /local/@connections/there%3D"; got != want {
		t.Errorf("disconnect: got %s, want %s", got, want)
	}
}
