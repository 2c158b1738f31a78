package op_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"parley/infra/testkit"
	"parley/shared/dialect/client"
	"parley/shared/dialect/operator"
	"parley/shared/dialect/tencent"
	v4 "parley/shared/dialect/v4"
	"parley/shared/fault"
	"parley/shared/op"
	"parley/shared/queue"
	"parley/shared/store/schema"
	"parley/shared/telemetry"
)

var server *testkit.Server

func TestMain(m *testing.M) { testkit.Main(m, &server) }

// line has the fields of a log line.
type line struct {
	Level, Msg, Operation, Surface, Group, Outcome string
	Code                                           *int
	W, R                                           *float64
	S, L, P                                        *int
	Duration                                       *float64 `json:"duration_ms"`
	Cold                                           *bool
	App                                            int64
	Request, Error, Reason                         string
	Field                                          string
	AWS                                            struct {
		Timestamp         int64
		CloudWatchMetrics []struct {
			Namespace  string
			Dimensions [][]string
			Metrics    []struct{ Name, Unit string }
		}
	} `json:"_aws"`
}

// oneLine returns the only line of a log and empties the log.
func oneLine(t *testing.T, log *bytes.Buffer) line {
	t.Helper()
	text := log.String()
	log.Reset()
	if n := strings.Count(text, "\n"); n != 1 {
		t.Fatalf("%d lines, want 1:\n%s", n, text)
	}
	var l line
	if err := json.Unmarshal([]byte(text), &l); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return l
}

type in struct {
	Do string `json:"Do" need:"90003"`
}

type out struct {
	Done bool `json:"Done"`
}

// broken is an answer that cannot be encoded.
type broken struct{ out }

func (broken) MarshalJSON() ([]byte, error) { panic("no JSON of it") }

// do is an operation that does what the request names.
func do(ctx context.Context, c *op.Call, in in) (any, error) {
	c.Log("field", "value")
	switch in.Do {
	case "panic":
		_ = []int{0, 1}[len(in.Do)]
	case "panic with an error":
		panic(errors.New("a wrong turn"))
	case "fail":
		return nil, errors.New("table core is gone")
	case "unavailable":
		return nil, fault.New(fault.Unavailable, "table core is slow")
	case "refuse":
		return nil, fmt.Errorf("deep down: %w", fault.New(fault.Muted, "the sender is muted"))
	case "field":
		return nil, v4.Refuse(90031, "SyncOtherMachine is 1 or 2")
	case "broken":
		return broken{}, nil
	case "count":
		m := telemetry.MeterOf(ctx)
		m.Count(telemetry.Units{W: 1.5, R: 2.5, S: 3, P: 4})
	}
	return out{true}, nil
}

// TestOutcomes shows the answer and the log line of every outcome in every dialect.
func TestOutcomes(t *testing.T) {
	service := tencent.Service{Path: "openim", Group: "message", Codes: v4.OpenIM()}
	login := tencent.Service{Path: "im_open_login_svc", Group: "account", Codes: v4.Login()}
	operations := map[string]op.Operation{
		"openim":   tencent.Command(service, "do", do),
		"login":    tencent.Command(login, "do", do),
		"client":   client.Action("message.do", v4.OpenIM(), do),
		"operator": operator.Action("app.do", do),
	}
	const internal = "internal error, please try again"
	for _, c := range []struct {
		operation, do string
		code          int
		outcome       string
		answer        string // a part of the answer
	}{
		{"openim", "", 90003, "refused", `"ErrorCode\":90003`},
		{"openim", "well", 0, "ok", `\"ActionStatus\":\"OK\",\"ErrorCode\":0,\"ErrorInfo\":\"\",\"Done\":true`},
		{"openim", "panic", 91000, "fault", `"{\"ActionStatus\":\"FAIL\",\"ErrorCode\":91000,\"ErrorInfo\":\"` + internal + `\"}"`},
		{"openim", "panic with an error", 91000, "fault", internal},
		{"openim", "fail", 91000, "fault", internal},
		{"openim", "unavailable", 60008, "fault", `\"ErrorCode\":60008,\"ErrorInfo\":\"` + internal},
		{"openim", "refuse", 20012, "refused", `\"ErrorCode\":20012,\"ErrorInfo\":\"the sender is muted\"`},
		{"openim", "field", 90031, "refused", "SyncOtherMachine is 1 or 2"},
		{"openim", "broken", 91000, "fault", internal},
		{"login", "panic", 70500, "fault", `\"ErrorCode\":70500`},
		{"login", "unavailable", 70169, "fault", `\"ErrorCode\":70169`},
		{"login", "broken", 70500, "fault", `\"ErrorCode\":70500`},
		{"client", "well", 0, "ok", `"statusCode":200`},
		{"client", "panic", 91000, "fault", `"statusCode":500`},
		{"client", "fail", 91000, "fault", `\"code\":91000,\"error\":\"` + internal},
		{"client", "refuse", 20012, "refused", `"statusCode":200`},
		{"client", "field", 90031, "refused", `\"code\":90031`},
		{"client", "broken", 91000, "fault", `"statusCode":500`},
		{"operator", "well", 0, "ok", `"statusCode":200`},
		{"operator", "panic", 1, "fault", `"statusCode":500`},
		{"operator", "fail", 1, "fault", `\"code\":1,\"error\":\"internal error\"`},
		{"operator", "refuse", 63, "refused", `"statusCode":400`},
		{"operator", "broken", 1, "fault", `"statusCode":500`},
	} {
		t.Run(c.operation+" "+c.do, func(t *testing.T) {
			var log bytes.Buffer
			w := testkit.NewWorld(t, server, testkit.Options{Log: &log})
			if err := w.Seed(t.Context(), "account alice\n"); err != nil {
				t.Fatal(err)
			}
			o := operations[c.operation]
			answer, _, err := w.Call(t, &o, fmt.Sprintf(`{"Do":%q}`, c.do))
			if err != nil {
				t.Fatalf("the function fails: %v", err)
			}
			if !strings.Contains(string(answer), c.answer) {
				t.Errorf("answer %s, want %s in it", answer, c.answer)
			}
			for _, private := range []string{"goroutine", "table core", "panic", ".go:", "deep down"} {
				if strings.Contains(string(answer), private) {
					t.Errorf("the answer has the internal text %q: %s", private, answer)
				}
			}
			l := oneLine(t, &log)
			if l.Outcome != c.outcome || l.Code == nil || *l.Code != c.code {
				t.Errorf("logged as %s with code %v, want %s with %d", l.Outcome, l.Code, c.outcome, c.code)
			}
			level := map[string]string{"fault": "ERROR"}[c.outcome]
			if level == "" {
				level = "INFO"
			}
			if l.Level != level || l.Msg != "call" || l.Operation != o.Name || l.Surface != o.Surface() || l.Group != o.Group() {
				t.Errorf("logged as %+v", l)
			}
			if got, want := l.Error != "", c.outcome == "fault"; got != want {
				t.Errorf("the line has an error: %t (%s), want %t", got, l.Error, want)
			}
			if got, want := l.Reason != "", c.outcome == "refused"; got != want {
				t.Errorf("the line has a reason: %t (%s), want %t", got, l.Reason, want)
			}
			if strings.HasPrefix(c.do, "panic") && !strings.Contains(l.Error, "serve_test.go") {
				t.Errorf("the panic is logged without its file: %s", l.Error)
			}
			if c.do != "" && l.Field != "value" {
				t.Errorf("the operation's own field is %q", l.Field)
			}
			if l.Request != "req-1" {
				t.Errorf("request %q, want req-1", l.Request)
			}
			if want := w.ID; c.operation != "operator" && l.App != want {
				t.Errorf("application %d, want %d", l.App, want)
			}
		})
	}
}

// TestLogLineIsACloudWatchMetricRecord shows every field of the line, as CloudWatch reads
// it.
func TestLogLineIsACloudWatchMetricRecord(t *testing.T) {
	var log bytes.Buffer
	w := testkit.NewWorld(t, server, testkit.Options{Log: &log})
	o := operator.Action("app.do", do)
	if _, _, err := w.Call(t, &o, `{"Do":"count"}`); err != nil {
		t.Fatal(err)
	}
	l := oneLine(t, &log)
	if l.W == nil || *l.W != 1.5 || l.R == nil || *l.R != 2.5 || l.S == nil || *l.S != 3 || l.L == nil || *l.L != 1 || l.P == nil || *l.P != 4 {
		t.Errorf("units W %v R %v S %v L %v P %v, want 1.5 2.5 3 1 4", l.W, l.R, l.S, l.L, l.P)
	}
	if l.Duration == nil || *l.Duration < 0 || l.Cold == nil || !*l.Cold {
		t.Errorf("duration %v, cold %v", l.Duration, l.Cold)
	}
	if l.AWS.Timestamp < 1_700_000_000_000 {
		t.Fatalf("metrics: %+v", l.AWS)
	}
	var got []string
	for _, m := range l.AWS.CloudWatchMetrics {
		line := fmt.Sprint(m.Namespace, m.Dimensions)
		for _, metric := range m.Metrics {
			line += " " + metric.Name + " " + metric.Unit
		}
		got = append(got, line)
	}
	want := []string{
		"Parley[[stage surface outcome]] L Count",
		"Parley[[stage surface]] duration_ms Milliseconds",
		"Parley[[stage]] W Count R Count S Count P Count",
	}
	if !slices.Equal(got, want) {
		t.Errorf("metrics %q, want %q", got, want)
	}
}

// fake is a Protocol that records its steps and returns the given errors.
type fake struct {
	steps            *[]string
	decode, identify error
}

func (f fake) Decode(c *op.Call, _ []byte) error {
	*f.steps = append(*f.steps, "decode")
	return f.decode
}

func (f fake) Identify(context.Context, *op.Call) error {
	*f.steps = append(*f.steps, "identify")
	return f.identify
}

func (f fake) Encode(_ *op.Call, out any, err error) ([]byte, error) {
	*f.steps = append(*f.steps, "encode")
	return fmt.Appendf(nil, "%v %v", out, err), nil
}

func (fake) Number(_ *op.Call, err error) int { return int(fault.Of(err).Code) }

// limiter is a Limiter that records its step and returns the given error.
type limiter struct {
	steps *[]string
	err   error
}

func (l limiter) Allow(context.Context, *op.Call) error {
	*l.steps = append(*l.steps, "limit")
	return l.err
}

// TestFirstRefusalEndsTheChain shows the steps of a call, in order. After a refusal only
// the answer is encoded.
func TestFirstRefusalEndsTheChain(t *testing.T) {
	refusal := fault.New(fault.Throttled, "slower")
	for _, c := range []struct {
		name                    string
		decode, identify, limit error
		want                    string
	}{
		{"all steps, if none refuses", nil, nil, nil, "decode identify limit run encode"},
		{"decode refuses", refusal, refusal, refusal, "decode encode"},
		{"identify refuses", nil, refusal, refusal, "decode identify encode"},
		{"the limiter refuses", nil, nil, refusal, "decode identify limit encode"},
	} {
		var steps []string
		var log bytes.Buffer
		o := op.New(op.Operation{
			Name: "client.test.chain", Protocol: fake{&steps, c.decode, c.identify},
			Run: func(context.Context, *op.Call) (any, error) { steps = append(steps, "run"); return "out", nil },
		})
		s := op.NewServer(&o, nil, telemetry.NewLogger(&log, "dev", slog.LevelInfo), limiter{&steps, c.limit})
		for call := range 2 {
			steps = nil
			answer, err := s.Invoke(t.Context(), nil)
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(steps, " "); got != c.want {
				t.Errorf("%s: %s, want %s", c.name, got, c.want)
			}
			want := "out <nil>"
			if c.want != "decode identify limit run encode" {
				want = "<nil> throttled: slower"
			}
			if string(answer) != want {
				t.Errorf("%s: answer %s, want %s", c.name, answer, want)
			}
			l := oneLine(t, &log)
			if *l.Cold != (call == 0) {
				t.Errorf("%s: call %d is logged as cold: %t", c.name, call, *l.Cold)
			}
			if *l.L != 1 {
				t.Errorf("%s: %d invocations, want 1", c.name, *l.L)
			}
		}
	}
}

// TestWorkerAnswersWithTheFailedJobs: the answer names the jobs that failed, one log line
// is written for all jobs, and a job that panics does not fail the others.
func TestWorkerAnswersWithTheFailedJobs(t *testing.T) {
	type job struct{ Do string }
	var done []string
	o := op.Worker("test.jobs", queue.Delivery, func(_ context.Context, _ *op.Call, j job) error {
		switch j.Do {
		case "fail":
			return errors.New("no")
		case "panic":
			panic("no")
		}
		done = append(done, j.Do)
		return nil
	}, op.RetriesPosts())
	for _, c := range []struct {
		jobs, done, answer, failure, outcome string
	}{
		{`{"Do":"a"}` + "\n" + `{"Do":"b"}`, "a b", `{"batchItemFailures":[]}`, "", "ok"},
		{`{"Do":"a"}` + "\n" + `{"Do":"fail"}` + "\n" + `{"Do":"b"}`, "a b", `{"batchItemFailures":[{"itemIdentifier":"m2"}]}`, "", "fault"},
		{`{"Do":"panic"}` + "\n" + `{"Do":"b"}`, "b", `{"batchItemFailures":[{"itemIdentifier":"m1"}]}`, "", "fault"},
		{`{"Do":7}` + "\n" + `{"Do":"b"}`, "b", `{"batchItemFailures":[{"itemIdentifier":"m1"}]}`, "", "fault"},
		{"no JSON", "", `{"batchItemFailures":[{"itemIdentifier":"m1"}]}`, "", "fault"},
	} {
		done = nil
		var log bytes.Buffer
		w := testkit.NewWorld(t, server, testkit.Options{Log: &log})
		answer, _, err := w.Call(t, &o, c.jobs)
		if err != nil || string(answer) != c.answer {
			t.Errorf("%q: %s, %v, want %s", c.jobs, answer, err, c.answer)
		}
		if got := strings.Join(done, " "); got != c.done {
			t.Errorf("%q: done %q, want %q", c.jobs, got, c.done)
		}
		if l := oneLine(t, &log); l.Outcome != c.outcome {
			t.Errorf("%q: logged as %s, want %s", c.jobs, l.Outcome, c.outcome)
		}
	}
	var log bytes.Buffer
	s := op.NewServer(&o, nil, telemetry.NewLogger(&log, "dev", slog.LevelInfo), nil)
	if answer, err := s.Invoke(t.Context(), []byte("[]")); err == nil {
		t.Errorf("an event that is not one of SQS is answered with %s: SQS would delete its jobs", answer)
	}
	if l := oneLine(t, &log); l.Outcome != "fault" {
		t.Errorf("logged as %s, want fault", l.Outcome)
	}
}

// TestDescriptionOfAnOperation shows the accesses that options declare, the resources, and
// the parts of a name.
func TestDescriptionOfAnOperation(t *testing.T) {
	o := op.New(op.Operation{Name: "client.message.send"}, op.Writes(schema.Messages, schema.Accounts), op.Reads(schema.Messages),
		op.Delivers(), op.Writes(schema.Messages), op.ChecksSignatures(), op.EncryptsSecrets(), op.ClosesConnections(), op.Sends(queue.Delivery))
	want := "close|open|post|read apps|read messages|read secrets|read sessions|seal|send broadcast|send delivery|write accounts|write messages|write sessions"
	if got := strings.Join(o.Declared().Access, "|"); got != want {
		t.Errorf("access %s, want %s", got, want)
	}
	if o.Memory != 0 || o.Timeout != 6*time.Second {
		t.Errorf("got %d MB and %s, want 0 and 6s", o.Memory, o.Timeout)
	}
	o = op.New(o, op.Memory(128), op.Timeout(time.Second))
	if o.Memory != 128 || o.Timeout != time.Second {
		t.Errorf("resources %d MB, %s, want 128 MB, 1s", o.Memory, o.Timeout)
	}
	for name, want := range map[string][2]string{
		"client.message.send": {"client", "message"}, "tencent.account.account_check": {"tencent", "account"},
		"a.b.c.d": {"a", "b"}, "a.b": {"a", ""}, "a": {"a", ""}, "": {"", ""},
	} {
		o := op.Operation{Name: name}
		if o.Surface() != want[0] || o.Group() != want[1] {
			t.Errorf("%q has surface %q and group %q, want %q", name, o.Surface(), o.Group(), want)
		}
	}
	o.Func = do
	if got, want := o.FuncName(), "op_test.do"; got != want {
		t.Errorf("FuncName = %q, want %q", got, want)
	}
}
