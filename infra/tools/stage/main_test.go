package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestAppIsMadeAndItsSecretPrinted checks the request that an API with IAM gets, and what is
// printed.
func TestAppIsMadeAndItsSecretPrinted(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if r.URL.Path != "/operator/app.create" || string(body) != `{"Name":"first"}` {
			t.Errorf("got %s %s", r.URL.Path, body)
		}
		if a := r.Header.Get("Authorization"); !strings.Contains(a, "Credential=key/") || !strings.Contains(a, "/eu-central-1/execute-api/aws4_request") {
			t.Errorf("the signature is %q", a)
		}
		if r.Header.Get("X-Amz-Security-Token") != "token" {
			t.Error("the session token is not sent")
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"code": 0, "body": map[string]any{"SdkAppId": 1400000001, "Secret": "abc", "Admins": []string{"administrator"}}})
	}))
	defer server.Close()
	env := map[string]string{"OPERATOR_URL": server.URL, "AWS_REGION": "eu-central-1", "AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "s", "AWS_SESSION_TOKEN": "token"}
	var out strings.Builder
	if err := run(t.Context(), []string{"app", "first"}, func(name string) string { return env[name] }, &out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"1400000001", `"Secret": "abc"`, "not shown again"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not printed:\n%s", want, out.String())
		}
	}
	for _, args := range [][]string{nil, {"app"}, {"app", ""}, {"fly"}} {
		if err := run(t.Context(), args, func(string) string { return "" }, &out); err == nil || !strings.Contains(err.Error(), "usage") {
			t.Errorf("%q: %v, want the usage", args, err)
		}
	}
}
