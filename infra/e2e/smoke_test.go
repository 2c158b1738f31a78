package e2e

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"parley/infra/smoke"
)

// stageOf returns the local cloud as a deployed stage.
func stageOf(c *cloud) smoke.Stage {
	return smoke.Stage{
		Operator: smoke.Operator{URL: c.stack.HTTP, Region: "us-east-1", Credentials: aws.Credentials{AccessKeyID: "a", SecretAccessKey: "b"}},
		Tencent:  c.stack.HTTP, Client: c.stack.HTTP, Socket: c.stack.WebSocket,
	}
}

// TestSmoke runs the check of a deployment against the local cloud: twice, because the second
// one finds the application of the first and gives it a new key.
func TestSmoke(t *testing.T) {
	shared.failOnFault(t)
	for range 2 {
		var out strings.Builder
		if err := stageOf(shared).Check(deadline(t), 60, 500*time.Millisecond, &out); err != nil {
			t.Fatalf("%v\n%s", err, out.String())
		}
		if n := strings.Count(out.String(), "works "); n != 4 {
			t.Errorf("%d of 4 steps work:\n%s", n, out.String())
		}
	}
	var apps struct {
		Apps []struct{ Name string }
	}
	if err := shared.endpoints().operator("app.list", fields{}, &apps); err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, a := range apps.Apps {
		if a.Name == smoke.AppName {
			n++
		}
	}
	if n != 1 {
		t.Errorf("%d applications of the check, want one", n)
	}
}

// TestSmokeFindsWhatIsBroken gives the check a stage of which one part does not answer. The
// other parts are left out, so that none of them waits for the new key.
func TestSmokeFindsWhatIsBroken(t *testing.T) {
	for want, change := range map[string]func(*smoke.Stage){
		"operator: app.list":     func(s *smoke.Stage) { s.Operator.URL += "/none" },
		"tencent: account_check": func(s *smoke.Stage) { s.Tencent, s.Client, s.Socket = s.Tencent+"/none", "", "" },
		"client: session.sync":   func(s *smoke.Stage) { s.Tencent, s.Client, s.Socket = "", s.Client+"/none", "" },
		"socket: ping":           func(s *smoke.Stage) { s.Tencent, s.Client, s.Socket = "", "", s.Socket+"/none" },
	} {
		s := stageOf(shared)
		change(&s)
		var out strings.Builder
		err := s.Check(deadline(t), 1, 0, &out)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want an error about %s\n%s", err, want, out.String())
		}
	}
	var out strings.Builder
	if err := (smoke.Stage{Client: "http://127.0.0.1:1"}).Check(deadline(t), 1, 0, &out); err != nil || strings.Count(out.String(), "left out") != 4 {
		t.Errorf("without the surface operator: %v\n%s", err, out.String())
	}
}
