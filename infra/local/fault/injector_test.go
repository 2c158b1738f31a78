package fault

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestRuleAppliesToCallsThatMeetItsConditions(t *testing.T) {
	for _, c := range []struct {
		name string
		rule Rule
		want string // for each of five calls: x if the rule applies, . if not
	}{
		{"no condition", Rule{}, "xxxxx"},
		{"the third call", Rule{Nth: 3}, "..x.."},
		{"at most two calls", Rule{Times: 2}, "xx..."},
		{"the operation of the call", Rule{Operation: "PutItem"}, "xxxxx"},
		{"another operation", Rule{Operation: "Query"}, "....."},
		{"a part of the name of the table", Rule{Name: "core"}, "xxxxx"},
		{"a part of another name", Rule{Name: "msg"}, "....."},
		{"the function of the caller", Rule{Function: "f"}, "xxxxx"},
		{"another function", Rule{Function: "g"}, "....."},
		{"half of the calls", Rule{Rate: 0.5}, ".x.x."},
	} {
		f := New(3)
		c.rule.On, c.rule.Do = OnDynamoDB, Fail
		if err := f.Add(c.rule); err != nil {
			t.Fatal(err)
		}
		got := ""
		for range 5 {
			_, _, hit := f.match(OnDynamoDB, "PutItem", "f", []string{"parley-core"}, nil)
			got += map[bool]string{true: "x", false: "."}[hit]
		}
		if got != c.want {
			t.Errorf("%s: got %s, want %s", c.name, got, c.want)
		}
	}
}

// TestOnlySendsAreDropped: a rule with Drop or Repeat does not apply to calls of SQS that send
// nothing.
func TestOnlySendsAreDropped(t *testing.T) {
	for _, do := range []string{Drop, Repeat} {
		f := New(1)
		if err := f.Add(Rule{On: OnSQS, Do: do}); err != nil {
			t.Fatal(err)
		}
		for operation, want := range map[string]bool{"SendMessage": true, "SendMessageBatch": true, "ReceiveMessage": false, "DeleteMessage": false} {
			if _, _, hit := f.match(OnSQS, operation, "f", nil, nil); hit != want {
				t.Errorf("%s on %s: applies %t, want %t", do, operation, hit, want)
			}
		}
	}
}

func TestSameSeedGivesSameDecisions(t *testing.T) {
	play := func(seed uint64) (out []Verdict) {
		f := New(seed)
		f.Add(Rule{On: OnPost, Do: Reorder, Rate: 0.5, DelayMS: 1000})
		for range 20 {
			out = append(out, f.Decide("c", ""))
		}
		return out
	}
	seed := New(0).Seed()
	if !reflect.DeepEqual(play(seed), play(seed)) || reflect.DeepEqual(play(seed), play(seed+1)) {
		t.Errorf("seed %d: the decisions do not follow the seed", seed)
	}
}

func TestDecideReturnsTheVerdictOfTheRule(t *testing.T) {
	for do, want := range map[string]Verdict{
		Throttle: {Status: 429}, Fail: {Status: 500}, Gone: {Status: 410}, Drop: {Drop: true},
		Repeat: {Repeat: 2}, CloseBefore: {Cut: true}, Delay: {Delay: 50 * time.Millisecond},
	} {
		f := New(1)
		if err := f.Add(Rule{On: OnPost, Do: do, Name: "one", DelayMS: 50, Repeat: 2}); err != nil {
			t.Fatal(err)
		}
		if got := f.Decide("one", "LOCAL1"); got != want {
			t.Errorf("%s: got %+v, want %+v", do, got, want)
		}
		if got := f.Decide("other", "LOCAL1"); got != (Verdict{}) {
			t.Errorf("%s of another connection: got %+v", do, got)
		}
	}
}

// killRecorder is a Killer that records which instances it was told to kill.
type killRecorder []string

func (v *killRecorder) Kill(instance string) bool       { *v = append(*v, instance); return true }
func (v *killRecorder) Function(instance string) string { return "f of " + instance }

// The post of a function that is killed is lost with KillBefore, and delivered with
// KillAfter.
func TestDecideKillsTheCaller(t *testing.T) {
	for do, want := range map[string]Verdict{KillBefore: {Status: 500}, KillAfter: {}} {
		f, killed := New(1), killRecorder{}
		f.Attach(&killed, nil)
		if err := f.Add(Rule{On: OnPost, Do: do, Function: "f of LOCAL2"}); err != nil {
			t.Fatal(err)
		}
		for _, caller := range []string{"LOCAL1", "LOCAL2"} {
			if got := f.Decide("one", caller); caller == "LOCAL2" && got != want {
				t.Errorf("%s: got %+v, want %+v", do, got, want)
			}
		}
		if len(killed) != 1 || killed[0] != "LOCAL2" {
			t.Errorf("%s: killed %v, want LOCAL2", do, killed)
		}
	}
}

func TestAddRejectsMalformedRules(t *testing.T) {
	for _, r := range []Rule{{}, {On: "s3", Do: Fail}, {On: OnPost, Do: Conflict}, {On: OnDynamoDB, Do: Drop}, {On: OnPost, Do: Fail, Rate: 2}, {On: OnPost, Do: Fail, Nth: -1}} {
		if err := New(1).Add(r); err == nil {
			t.Errorf("%+v was accepted", r)
		}
	}
}

func TestHookReportsWhetherRulesNeedTheProxies(t *testing.T) {
	f := New(1)
	var got []bool
	f.Attach(nil, func(on bool) { got = append(got, on) })
	f.Add(Rule{On: OnPost, Do: Drop})
	f.Add(Rule{On: OnSQS, Do: Drop})
	f.Clear()
	if want := []bool{false, true, false}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestFaultsOverHTTP(t *testing.T) {
	f := New(7)
	call := func(method, body string) (int, State) {
		w := httptest.NewRecorder()
		f.ServeHTTP(w, httptest.NewRequest(method, "/_local/faults", strings.NewReader(body)))
		var s State
		_ = json.Unmarshal(w.Body.Bytes(), &s)
		return w.Code, s
	}
	for _, c := range []struct {
		method, body string
		status       int
		want         State
	}{
		{"GET", "", 200, State{Seed: 7, Rules: []Rule{}}},
		{"PUT", `{"seed":9,"rules":[{"on":"post","do":"drop","rate":0.1}],"life_ms":500}`, 200, State{Seed: 9, Rules: []Rule{{On: OnPost, Do: Drop, Rate: 0.1}}, Fired: []int{0}, LifeMS: 500}},
		{"POST", `{"rules":[{"on":"sqs","do":"delay","delay_ms":5}]}`, 200, State{Seed: 9, Rules: []Rule{{On: OnPost, Do: Drop, Rate: 0.1}, {On: OnSQS, Do: Delay, DelayMS: 5}}, Fired: []int{0, 0}, LifeMS: 500}},
		{"PUT", `{"rules":[{"on":"post","do":"explode"}]}`, 400, State{}},
		{"PUT", `{"rule":1}`, 400, State{}},
		{"PATCH", ``, 405, State{}},
		{"DELETE", "", 200, State{Seed: 9, Rules: []Rule{}}},
	} {
		if status, got := call(c.method, c.body); status != c.status || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s %s: got %d %+v, want %d %+v", c.method, c.body, status, got, c.status, c.want)
		}
	}
}

func TestDescribeReadsTheRequest(t *testing.T) {
	for _, c := range []struct {
		target, body string
		want         call
	}{
		{"DynamoDB_20120810.PutItem", `{"TableName":"core"}`, call{"PutItem", "LOCAL1", []string{"core"}, 0}},
		{"DynamoDB_20120810.BatchGetItem", `{"RequestItems":{"core":{}}}`, call{"BatchGetItem", "LOCAL1", []string{"core"}, 0}},
		{"DynamoDB_20120810.TransactWriteItems", `{"TransactItems":[{"Put":{"TableName":"a"}},{"Update":{"TableName":"b"}}]}`, call{"TransactWriteItems", "LOCAL1", []string{"a", "b"}, 2}},
		{"AmazonSQS.SendMessage", `{"QueueUrl":"http://h/000000000000/jobs","MessageBody":"x"}`, call{"SendMessage", "LOCAL1", []string{"jobs"}, 0}},
	} {
		r := httptest.NewRequest(http.MethodPost, "/", nil)
		r.Header.Set("X-Amz-Target", c.target)
		r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=LOCAL1/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0")
		if got := describe(r, []byte(c.body)); fmt.Sprint(got) != fmt.Sprint(c.want) {
			t.Errorf("%s: got %+v, want %+v", c.target, got, c.want)
		}
	}
}
