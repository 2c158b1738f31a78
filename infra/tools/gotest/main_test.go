package main

import (
	"strings"
	"testing"
)

// TestReport shows what is printed and counted for the events of go test.
func TestReport(t *testing.T) {
	for _, tc := range []struct {
		name, in, total string
		shown, hidden   []string
	}{
		{
			name: "counts subtests, and not the test that has them",
			in: `{"Action":"run","Package":"p","Test":"TestA"}
{"Action":"run","Package":"p","Test":"TestA/x"}
{"Action":"output","Package":"p","Test":"TestA/x","Output":"noise\n"}
{"Action":"pass","Package":"p","Test":"TestA/x"}
{"Action":"run","Package":"p","Test":"TestA/y"}
{"Action":"pass","Package":"p","Test":"TestA/y"}
{"Action":"pass","Package":"p","Test":"TestA"}
{"Action":"pass","Package":"p","Elapsed":1.25}`,
			total: "2 passed, 0 failed", shown: []string{"ok\tp\t1.2s"}, hidden: []string{"noise"},
		},
		{
			name: "does not count a test again whose subtest fails",
			in: `{"Action":"run","Package":"p","Test":"TestA"}
{"Action":"run","Package":"p","Test":"TestA/x"}
{"Action":"output","Package":"p","Test":"TestA/x","Output":"a_test.go:3: got 1\n"}
{"Action":"fail","Package":"p","Test":"TestA/x"}
{"Action":"fail","Package":"p","Test":"TestA"}
{"Action":"fail","Package":"p"}`,
			total: "0 passed, 1 failed", shown: []string{"got 1"},
		},
		{
			name: "counts a test that fails although its subtests pass",
			in: `{"Action":"run","Package":"p","Test":"TestA"}
{"Action":"run","Package":"p","Test":"TestA/x"}
{"Action":"pass","Package":"p","Test":"TestA/x"}
{"Action":"fail","Package":"p","Test":"TestA"}
{"Action":"fail","Package":"p"}`,
			total: "1 passed, 1 failed",
		},
		{
			name: "counts a package that does not build as one failure",
			in: `{"ImportPath":"p [p.test]","Action":"build-output","Output":"p.go:1: undefined: x\n"}
{"ImportPath":"p [p.test]","Action":"build-fail"}
{"Action":"output","Package":"p","Output":"FAIL\tp [build failed]\n"}
{"Action":"fail","Package":"p","FailedBuild":"p [p.test]"}`,
			total: "0 passed, 1 failed", shown: []string{"undefined: x", "build failed"},
		},
		{
			name: "prints the reason of a skipped test",
			in: `{"Action":"run","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Test":"TestA","Output":"=== RUN   TestA\n"}
{"Action":"output","Package":"p","Test":"TestA","Output":"    a_test.go:9: no engine: install podman\n"}
{"Action":"skip","Package":"p","Test":"TestA"}
{"Action":"pass","Package":"p"}`,
			total: "0 passed, 0 failed, 1 skipped", shown: []string{"TestA: no engine: install podman"},
		},
		{
			name: "prints the output of a test in which the package ended",
			in: `{"Action":"run","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Test":"TestA","Output":"half a story\n"}
{"Action":"output","Package":"p","Output":"signal: killed\n"}
{"Action":"fail","Package":"p"}`,
			total: "0 passed, 1 failed", shown: []string{"half a story", "signal: killed"},
		},
		{
			name:  "prints messages of go test that are not JSON",
			in:    "go: updates to go.mod needed",
			total: "0 passed, 0 failed", shown: []string{"updates to go.mod needed"},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var out strings.Builder
			r := report{out: &out}
			if err := r.read(strings.NewReader(tc.in)); err != nil {
				t.Fatal(err)
			}
			if got := r.total(); got != tc.total {
				t.Errorf("got %q, want %q", got, tc.total)
			}
			for _, s := range tc.shown {
				if !strings.Contains(out.String(), s) {
					t.Errorf("got %q, want %q in it", out.String(), s)
				}
			}
			for _, s := range tc.hidden {
				if strings.Contains(out.String(), s) {
					t.Errorf("got %q, want no %q in it", out.String(), s)
				}
			}
		})
	}
}
