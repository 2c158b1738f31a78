package e2e

import (
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/functions/catalog"
	"parley/infra/gen/events"
	"parley/infra/local"
	"parley/infra/local/backing"
	"parley/infra/local/fault"
	"parley/shared/op"
)

// TestEveryFault injects every kind of fault that the local cloud has into every
// operation, each once and with data of its own. If one call to a table, a queue or a
// connection fails, the operation answers as it does without the fault. If the function is
// killed, the call may fail, and a repeat of it answers as it does without the fault. A
// worker does its job, or reports that the job is not done.
func TestEveryFault(t *testing.T) {
	t.Parallel()
	c := ownCloud(t, local.Options{InstanceIdle: 3 * time.Second, QueueRetry: time.Second})
	// While there is any rule, calls go through the proxies. This one never matches. It
	// stays, because functions restart whenever the proxies are added or removed.
	if err := c.stack.Faults.Add(fault.Rule{On: fault.OnDynamoDB, Do: fault.Delay, Function: "nobody"}); err != nil {
		t.Fatal(err)
	}
	injected := make(map[string]int)
	var mu sync.Mutex
	play := func(o *op.Operation) {
		for kind, n := range (&faultyOperation{t: t, cloud: c, op: o, app: newApp(t, c.endpoints(), allFeatures())}).play() {
			mu.Lock()
			injected[kind] += n
			mu.Unlock()
		}
	}
	next := make(chan *op.Operation)
	var wait sync.WaitGroup
	all := catalog.All()
	for i := range all {
		if o := &all[i]; slices.Contains(setupOperations(), o.Name) {
			play(o) // no other test runs now: a rule matches a function whoever calls it
		}
	}
	for range 4 {
		wait.Go(func() {
			for o := range next {
				play(o)
			}
		})
	}
	for i := range all {
		o := &all[i]
		worker := o.Surface() == "worker"
		if (answersCalls(o) || worker) && !slices.Contains(setupOperations(), o.Name) {
			next <- o
		}
	}
	close(next)
	wait.Wait()
	for _, on := range []string{fault.OnDynamoDB, fault.OnSQS, fault.OnPost} {
		for _, do := range fault.Kinds(on) {
			if n := injected[on+" "+do]; n == 0 {
				t.Errorf("%s on %s was never injected", do, on)
			} else {
				t.Logf("%s on %s: %d operations", do, on, n)
			}
		}
	}
}

// setupOperations lists the operations that newSample calls.
func setupOperations() []string {
	return []string{
		"operator.app.create", "tencent.account.multiaccount_import", "tencent.profile.portrait_set", "tencent.message.sendmsg",
		"tencent.sns.group_add", "tencent.sns.friend_import", "tencent.sns.black_list_add", "tencent.follow.follow_add",
		"tencent.recent.create_contact_group", "client.friend.add", "client.message.react", "client.message.import-key", "client.message.forward",
	}
}

// answersCalls reports whether an operation is called over HTTP by its own route.
func answersCalls(o *op.Operation) bool {
	return o.Triggers[0].HTTP != "" && !strings.HasPrefix(o.Triggers[0].HTTP, "ANY ")
}

// allFeatures are settings with which every operation can be called.
func allFeatures() fields {
	return fields{"LoginPolicy": "multi", "Edition": "premium", "Follow": true, "DeleteAllowed": true}
}

// A faultyOperation is an operation under test, with an application of its own.
type faultyOperation struct {
	t     *testing.T
	cloud *cloud
	op    *op.Operation
	app   *app
	set   int // the number of the next set of users; each call has a set of its own
}

// play injects each kind of fault into the operation. It returns how many faults of each
// kind were injected.
func (s *faultyOperation) play() map[string]int {
	injected := make(map[string]int)
	want := 0
	s.prepare("the first call", func() (err error) {
		want, err = s.call(s.newSample(false))
		return err
	})
	for _, on := range []string{fault.OnDynamoDB, fault.OnSQS, fault.OnPost} {
		for do, n := range s.matchingCalls(on, want) {
			rule := fault.Rule{On: on, Do: do, Function: s.op.Name, Nth: 1 + pick(s.op.Name+on+do, n)}
			fired, problem := s.callWithFault(rule, want)
			// On a busy machine the timeout of a function may be too short for a retry.
			// It is an error only if that happens every time.
			for try := 1; problem == errBusy && try < maxTries; try++ {
				fired, problem = s.callWithFault(rule, want)
			}
			if injected[on+" "+do] += fired; problem != nil {
				s.t.Errorf("%s with %s on call %d of %s: %v, want %d", s.op.Name, do, rule.Nth, on, problem, want)
			}
		}
	}
	return injected
}

// maxTries is how often something is tried that may fail because the machine is busy.
const maxTries = 4

// errBusy is an answer that a slow machine may cause: an error of the server, or the end
// of the function.
var errBusy = errors.New("an error of the server")

// callWithFault makes a call with a rule, and repeats it if the rule kills the function.
// It returns how many faults were injected, and an error if the answer is not the one
// without the fault.
func (s *faultyOperation) callWithFault(rule fault.Rule, want int) (int, error) {
	body := s.newSample(rule.On == fault.OnPost)
	s.check("rule", s.cloud.stack.Faults.Add(rule))
	got, err := s.call(body)
	_, fired := s.cloud.stack.Faults.RemoveRules(s.op.Name)
	if rule.Do == fault.KillBefore || rule.Do == fault.KillAfter {
		got, err = s.call(body)
	}
	switch {
	case err != nil:
		s.t.Logf("%s with %s on call %d of %s: %v", s.op.Name, rule.Do, rule.Nth, rule.On, err)
		return fired[0], errBusy
	case got != want:
		return fired[0], fmt.Errorf("got %d", got)
	}
	return fired[0], nil
}

// prepare does what the call under test needs. do may be called several times.
func (s *faultyOperation) prepare(what string, do func() error) {
	s.t.Helper()
	var err error
	for range maxTries {
		if err = do(); err == nil {
			return
		}
	}
	s.t.Errorf("%s: %s: %v", s.op.Name, what, err)
}

// matchingCalls makes a call without faults. It returns for each kind of fault how many
// calls of the operation a rule of this kind would match.
func (s *faultyOperation) matchingCalls(on string, want int) map[string]int {
	var seen []int
	kinds := fault.Kinds(on)
	s.prepare("a call without a fault", func() error {
		body := s.newSample(on == fault.OnPost)
		for _, do := range kinds {
			s.check("rule", s.cloud.stack.Faults.Add(fault.Rule{On: on, Do: do, Function: s.op.Name, Nth: 1 << 30}))
		}
		got, err := s.call(body)
		seen, _ = s.cloud.stack.Faults.RemoveRules(s.op.Name)
		if err == nil && got != want {
			err = fmt.Errorf("got %d, and the call before got %d", got, want)
		}
		return err
	})
	fit := make(map[string]int)
	for i, do := range kinds {
		if seen[i] > 0 {
			fit[do] = seen[i]
		}
	}
	return fit
}

// pick chooses a number below n, which is the same in each run.
func pick(name string, n int) int {
	h := fnv.New32a()
	_, _ = h.Write([]byte(name))
	return int(h.Sum32()>>1) % n
}

// usersAtOnce is how many sets of users are imported in one call.
const usersAtOnce = 10

// newSample imports a set of users, creates what the sample body of the operation needs,
// and returns the body. If online is true, devices of the users are connected.
func (s *faultyOperation) newSample(online bool) string {
	if s.op.Surface() == "operator" { // the number of admins of an application is limited
		s.app, s.set = newApp(s.t, s.cloud.endpoints(), allFeatures()), 0
	}
	if s.set%usersAtOnce == 0 {
		var users []string
		for n := s.set; n < s.set+usersAtOnce; n++ {
			for _, u := range []string{"alice", "bob", "carol"} {
				users = append(users, fmt.Sprint(u, n))
			}
		}
		s.prepare("import", func() error { return s.app.v4("im_open_login_svc/multiaccount_import", fields{"Accounts": users}, nil) })
	}
	n := s.set
	s.set++
	name := func(user string) string { return fmt.Sprint(user, n) }
	if s.op.Surface() == "worker" {
		text, err := os.ReadFile(filepath.Join(s.root(), "events", events.Path(s.op)))
		s.check("sample event", err)
		return s.renamed(string(text), n)
	}
	bodies, err := events.Bodies(s.root(), []op.Operation{*s.op})
	s.check("sample body", err)
	body := s.renamed(bodies[s.op.Name], n)
	group, verb := strings.Split(s.op.Name, ".")[1], strings.Split(s.op.Name, ".")[2]
	alice, bob := name("alice"), name("bob")
	if slices.Contains([]string{"message", "extension", "conversation", "recent", "session"}, group) {
		body = s.sendSamples(body, alice, bob)
	}
	switch {
	case (group == "sns" || group == "friend") && (verb == "accept" || verb == "reject" || verb == "requests" || verb == "read-requests"):
		s.prepare("needs confirmation", func() error {
			return s.app.v4("profile/portrait_set", fields{
				"From_Account": alice, "ProfileItem": []fields{{"Tag": "Tag_Profile_IM_AllowType", "Value": "AllowType_Type_NeedConfirm"}},
			}, nil)
		})
		s.prepare("request", func() error {
			return s.app.call(s.t.Context(), bob, "", "friend.add", fields{"AddFriendItem": []fields{{"To_Account": alice, "AddSource": "AddSource_Type_Web"}}}, nil)
		})
	case group == "sns" || group == "friend":
		if verb != "group_add" && verb != "list-create" {
			s.prepare("friend list", func() error {
				return s.app.v4("sns/group_add", fields{"From_Account": alice, "GroupName": []string{"work"}}, nil)
			})
		}
		if verb != "friend_add" && verb != "add" {
			s.prepare("friend", func() error {
				return s.app.v4("sns/friend_import", fields{"From_Account": alice, "AddFriendItem": []fields{{"To_Account": bob, "AddSource": "AddSource_Type_Web"}}}, nil)
			})
		}
	case strings.Contains(body, `"work"`) && verb != "create_contact_group" && verb != "group-create":
		s.prepare("folder", func() error {
			return s.app.v4("recentcontact/create_contact_group", fields{
				"From_Account": alice, "GroupContactItem": []fields{{"GroupName": "work", "ContactItem": []fields{{"Type": 1, "To_Account": bob}}}},
			}, nil)
		})
	case verb == "unreact":
		var in fields
		s.check("body", json.Unmarshal([]byte(body), &in))
		s.prepare("reaction", func() error { return s.app.call(s.t.Context(), alice, "", "message.react", in, nil) })
	case group == "block" && verb == "remove", verb == "black_list_delete":
		s.prepare("block", func() error {
			return s.app.v4("sns/black_list_add", fields{"From_Account": alice, "To_Account": []string{name("carol")}}, nil)
		})
	case group == "follow" && verb == "follow_delete":
		s.prepare("follow", func() error {
			return s.app.v4("follow/follow_add", fields{"From_Account": alice, "FollowItem": []fields{{"To_Account": bob}}}, nil)
		})
	}
	if online {
		for _, user := range []string{alice, bob} {
			d := s.app.newDevice(user, "iPhone", "phone")
			s.prepare("connect", func() error { return d.connect(s.t.Context()) })
			s.t.Cleanup(d.cutConnection)
		}
	}
	if group == "session" {
		d := s.app.newDevice(alice, "Web", events.Instance)
		s.prepare("connect", func() error { return d.connect(s.t.Context()) })
		s.t.Cleanup(d.cutConnection)
	}
	return body
}

// renamed returns a sample with the application and the users of set n.
func (s *faultyOperation) renamed(text string, n int) string {
	text = strings.ReplaceAll(text, fmt.Sprint(events.App), fmt.Sprint(s.app.id))
	for _, user := range []string{"alice", "bob", "carol"} {
		for _, quote := range []string{`"`, `\"`} {
			text = strings.ReplaceAll(text, quote+user+quote, quote+fmt.Sprint(user, n)+quote)
		}
	}
	return text
}

// sendSamples sends a message in each direction, and a merged list if the sample needs
// one. It returns the sample with their keys.
func (s *faultyOperation) sendSamples(body, alice, bob string) string {
	send := func(from, to string, n int) string {
		var out struct{ MsgKey string }
		s.prepare("sendmsg", func() error {
			return s.app.v4("openim/sendmsg", fields{
				"From_Account": from, "To_Account": to, "MsgSeq": n, "MsgRandom": n, "MsgBody": text("hi"), "IsNeedReadReceipt": 1, "SupportMessageExtension": 1,
			}, &out)
		})
		return out.MsgKey
	}
	key := func(n int) string { return fmt.Sprintf("%d_%d_%d", n, n, events.Future) }
	body = strings.ReplaceAll(body, key(1), send(alice, bob, 1))
	body = strings.ReplaceAll(body, key(2), send(bob, alice, 2))
	if !strings.Contains(body, key(3)) {
		return body
	}
	var list struct {
		Key string `json:"JsonMsgKey"`
	}
	s.prepare("import-key", func() error {
		return s.app.call(s.t.Context(), alice, "", "message.import-key", fields{
			"MsgList": []fields{{"From_Account": bob, "To_Account": alice, "MsgBody": text("merged")}},
		}, &list)
	})
	var sent struct{ MsgKey string }
	s.prepare("forward", func() error {
		return s.app.call(s.t.Context(), alice, "", "message.forward", fields{
			"To_Account": bob, "MsgSeq": 3, "MsgRandom": 3, "Title": "Chat", "CompatibleText": "merged", "AbstractList": []string{"hi"}, "JsonMsgKey": list.Key,
		}, &sent)
	})
	var in fields
	s.check("body", json.Unmarshal([]byte(body), &in))
	in["MsgKey"], in["JsonMsgKey"] = sent.MsgKey, list.Key
	out, err := json.Marshal(in)
	s.check("body", err)
	return string(out)
}

// check reports an error that is not about faults.
func (s *faultyOperation) check(what string, err error) {
	s.t.Helper()
	if err != nil {
		s.t.Errorf("%s: %s: %v", s.op.Name, what, err)
	}
}

// call calls the operation with a body, or invokes the worker with an event. It returns
// the code of the answer.
func (s *faultyOperation) call(body string) (int, error) {
	if s.op.Surface() == "worker" {
		r, err := s.cloud.stack.Functions.Invoke(s.t.Context(), s.op.Name, []byte(body))
		if err != nil {
			return -1, err
		}
		if r.FunctionError != "" || strings.Contains(string(r.Payload), "itemIdentifier") {
			return 1, nil // the job is not done, and SQS delivers it again
		}
		return 0, nil
	}
	address := s.app.http + strings.TrimPrefix(s.op.Triggers[0].HTTP, "POST ")
	if s.op.Surface() == "tencent" {
		address += "?" + s.app.query()
	}
	request, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, address, strings.NewReader(body))
	if err != nil {
		return -1, err
	}
	request.Header.Set("Content-Type", "application/json")
	switch s.op.Surface() {
	case "client":
		user := fmt.Sprint("alice", s.set-1)
		request.Header.Set("Authorization", fmt.Sprintf("UserSig %d %s %s", s.app.id, user, s.app.sign(user)))
		request.Header.Set("Parley-Instance", events.Instance)
	case "operator":
		request.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=operator/20260101/us-east-1/execute-api/aws4_request, SignedHeaders=host, Signature=0")
	}
	signer, signs := s.op.Protocol.(op.Signer)
	if signs {
		header := make(map[string]string)
		err := signer.Sign(header, op.Signature{
			App: s.app.id, Secret: s.app.secret, User: fmt.Sprint("alice", s.set-1), Issued: time.Now(), Lifetime: time.Hour,
		})
		s.check("signature", err)
		for name, value := range header {
			request.Header.Set(name, value)
		}
	}
	status, text, err := send(request)
	if err != nil {
		return -1, err
	}
	if signs && status < 500 {
		return status, nil // the code may be a word
	}
	var answer struct {
		Code      *int `json:"code"`
		ErrorCode *int
	}
	if err := json.Unmarshal(text, &answer); err != nil {
		return -1, errStatus{status, string(text)}
	}
	switch {
	case answer.Code != nil && (status < 500):
		return *answer.Code, nil
	case answer.ErrorCode != nil && !strings.Contains(string(text), "internal error"):
		return *answer.ErrorCode, nil
	}
	return -1, errStatus{status, string(text)}
}

// root is the root folder of the repository.
func (s *faultyOperation) root() string {
	root, err := backing.Root()
	s.check("root", err)
	return root
}
