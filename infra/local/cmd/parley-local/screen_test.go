package main

import (
	"bytes"
	"strings"
	"testing"

	"parley/infra/local/lambda"
)

func TestLineOfAFunctionIsPrintedOnOneLine(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"a report is printed in columns", `{"msg":"call","operation":"a.b","outcome":"ok","duration_ms":12.34,"cold":true,"W":2,"R":0.5,"S":1,"L":1,"P":3}`, "a.b                                      12.3 ms  cold  W 2    R 0.5  S 1   L 1   P 3    ok"},
		{"a refusal is printed with its code", `{"msg":"call","outcome":"refused","code":40010,"duration_ms":1}`, "refused 40010"},
		{"a fault is printed with its reason, without a stack", `{"msg":"call","outcome":"fault","code":91000,"error":"the table is gone\nat main.go"}`, "fault 91000  the table is gone\n"},
		{"any other line is printed as it is", "panic: at the disco", "panic: at the disco"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out bytes.Buffer
			(&screen{out: &out}).line("a.b", c.text)
			if got := out.String(); !strings.Contains(got, c.want) || strings.Count(got, "\n") != 1 {
				t.Errorf("got %q, want one line with %q", got, c.want)
			}
		})
	}
}

// With -v bodies are printed, but no query or header, which may contain a signature.
func TestVerboseShowsBodiesWithoutSignatures(t *testing.T) {
	for _, c := range []struct{ name, event, want string }{
		{"the body of a request", `{"rawQueryString":"usersig=x","requestContext":{"routeKey":"POST /a"},"body":"{\"a\":1}"}`, `> {"a":1}`},
		{"a body in base64 is decoded", `{"requestContext":{"routeKey":"POST /a"},"body":"aGVsbG8=","isBase64Encoded":true}`, `> hello`},
		{"an event without a body", `{"rawQueryString":"usersig=x","requestContext":{"routeKey":"$connect"}}`, `> ($connect, no body)`},
		{"the bodies of queue messages", `{"Records":[{"body":"one"},{"body":"two"}]}`, `> one     two`},
		{"the input of a schedule", `{"job":"sweep"}`, `> {"job":"sweep"}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out bytes.Buffer
			(&screen{out: &out, verbose: true}).done(lambda.Record{Function: "a.b", Event: []byte(c.event)})
			if got := out.String(); !strings.Contains(got, c.want) || strings.Contains(got, "usersig") {
				t.Errorf("got %q, want %q and no signature", got, c.want)
			}
		})
	}
}
