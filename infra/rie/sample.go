package rie

import (
	"context"
	"crypto/md5" //nolint:gosec // SQS answers it
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"parley/infra/gen/events"
	"parley/shared/app"
	"parley/shared/dialect/client"
	"parley/shared/domain/accounts"
	"parley/shared/domain/apps"
	"parley/shared/domain/delivery"
	"parley/shared/domain/messages"
	"parley/shared/domain/profiles"
	"parley/shared/domain/relations"
	"parley/shared/domain/sessions"
	"parley/shared/fault"
	"parley/shared/op"
	"parley/shared/queue"
	"parley/shared/testkit"
)

// Sample makes the world that the sample events are about: the application with
// its fixed secret, alice, bob and carol, and a message each way. Alice is online,
// has a friend list and a conversation group, and is asked by bob to be his friend.
func Sample(ctx context.Context, s *testkit.Server) error {
	st, now := s.Store(), time.Now()
	sealed, err := s.Sealer.Seal(ctx, fmt.Sprintf("app/%d", events.App), []byte(events.Secret))
	if err != nil {
		return err
	}
	a := apps.App{
		ID: events.App, Created: now.Unix(), Updated: now.Unix(), Admins: []string{events.Admin},
		Settings: apps.Settings{Name: "sample", Edition: apps.Premium, LoginPolicy: sessions.Dual, DeleteAllowed: true, Follow: true},
		Keys:     []apps.Key{{N: 1, Sealed: sealed, Created: now.Unix()}},
	}
	if _, err := st.CreateApp(ctx, a); err != nil {
		return err
	}
	world := app.New(app.Parts{
		Store: st, Sealer: s.Sealer, Poster: &testkit.Recorder{}, Delivery: &testkit.Jobs[delivery.Job]{Name: queue.Delivery}, Now: time.Now,
		Wait: func(context.Context, time.Duration) {}, Parallel: app.Together, Frame: client.Frame,
	}).For(&a)
	for _, user := range []string{"alice", "bob", "carol"} {
		if err := world.Accounts.Import(ctx, accounts.Draft{ID: user}); err != nil {
			return err
		}
	}
	for n, pair := range [][2]string{{"alice", "bob"}, {"bob", "alice"}} {
		d := messages.Draft{
			From: pair[0], To: pair[1], Random: uint32(n), Trusted: true, //nolint:gosec // 0 and 1
			Content: messages.Content{Elements: []messages.Element{testkit.Text("sample")}},
		}
		if _, err := world.Messages.Send(ctx, d); err != nil {
			return err
		}
	}
	return errors.Join(relate(ctx, world), change(ctx, world), merge(ctx, world))
}

// change makes the messages that the events change: one each way, under keys of
// the year 2100, so that no time for a change is over.
func change(ctx context.Context, world app.Tenant) error {
	for _, m := range []messages.Message{
		{From: "alice", To: "bob", Key: messages.Key{Time: events.Future, Seq: 1, Random: 1}},
		{From: "bob", To: "alice", Key: messages.Key{Time: events.Future, Seq: 2, Random: 2}},
	} {
		m.Elements, m.Expires, m.NeedReceipt, m.Extensible = []messages.Element{testkit.Text("hi")}, events.Future, true, true
		if _, err := world.Messages.Store.PutMessage(ctx, world.Messages.App, m); err != nil {
			return err
		}
		if err := world.Messages.React(ctx, messages.Actor{Trusted: true}, "alice", "bob", m.Key, "+1", true); err != nil {
			return err
		}
	}
	return nil
}

// merge makes the list of merged messages that alice reads, and the message that
// refers to it, under a key of the year 2100.
func merge(ctx context.Context, world app.Tenant) error {
	item := json.RawMessage(`{"From_Account":"bob","MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":"sample"}}]}`)
	list, err := world.Messages.ImportMerged(ctx, "alice", []json.RawMessage{item})
	if err != nil {
		return err
	}
	_, err = world.Messages.Store.PutMessage(ctx, world.Messages.App, messages.Message{
		From: "alice", To: "bob", Key: messages.Key{Time: events.Future, Seq: 3, Random: 3}, Expires: events.Future,
		Content: messages.Content{Elements: []messages.Element{{
			Kind: messages.KindRelay, Content: fmt.Appendf(nil, `{"Title":"Chat","JsonMsgKey":%q}`, list.Key),
		}}},
	})
	return err
}

func relate(ctx context.Context, world app.Tenant) error {
	device := sessions.Link{Connection: "sample", Instance: events.Instance, Platform: events.Platform}
	_, err1 := world.Sessions.Connect(ctx, "alice", device)
	confirm := profiles.Change{Fields: map[profiles.Name]any{profiles.Allow: string(accounts.NeedConfirm)}}
	err2 := world.Profiles.Store.SetProfile(ctx, world.Profiles.App, "alice", confirm)
	_, _, err3 := world.Relations.CreateLists(ctx, "alice", []string{"work"}, nil, delivery.Origin{})
	errs, err4 := world.Relations.Add(ctx, "bob", []relations.Ask{{To: "alice"}}, relations.AddOptions{Both: true})
	if len(errs) != 1 || !fault.Is(errs[0], fault.RequestPending) {
		err4 = fmt.Errorf("bob asks alice: %v, %w", errs, err4)
	}
	_, _, _, err5 := world.Conversations.CreateFolder(ctx, "alice", "work", nil, delivery.Origin{})
	return errors.Join(err1, err2, err3, err4, err5)
}

// Environment is what a function of that world is told, with the addresses at
// which it reaches the tables and a Standin.
func Environment(s *testkit.Server, dynamoDB, standin, sealKey string) map[string]string {
	env := map[string]string{
		"STAGE": "sample", "LOG_LEVEL": "info", "SEAL_KEY": sealKey, "CONNECTIONS_ENDPOINT": standin + "/sample",
		"TABLE_CORE": s.Tables.Core, "TABLE_MSG": s.Tables.Msg, "TABLE_LIVE": s.Tables.Live, "TABLE_OPS": s.Tables.Ops,
		"AWS_ENDPOINT_URL_DYNAMODB": dynamoDB, "AWS_ENDPOINT_URL_SQS": standin,
		"AWS_ENDPOINT_URL_S3": standin, "BUCKET_ARCHIVE": "archive",
	}
	for _, name := range queue.Names() {
		env["QUEUE_"+strings.ToUpper(string(name))] = standin + "/000000000000/" + string(name)
	}
	return env
}

// Standin takes every post to a connection, every message to a queue and every
// object.
func Standin(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("X-Amz-Target") != "AmazonSQS.SendMessage" {
		return
	}
	var in struct{ MessageBody string }
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	_, _ = fmt.Fprintf(w, `{"MessageId":"sample","MD5OfMessageBody":"%x"}`, md5.Sum([]byte(in.MessageBody))) //nolint:gosec // SQS answers it
}

// Accept says what is wrong with the answer of a sample event; nothing when it
// is the answer of a call that went well.
func Accept(o *op.Operation, answer []byte) string {
	var a struct {
		Status int    `json:"statusCode"`
		Body   string `json:"body"`
		Policy struct {
			Statement []struct{ Effect string } `json:"Statement"`
		} `json:"policyDocument"`
		Failed []any `json:"batchItemFailures"`
	}
	if err := json.Unmarshal(answer, &a); err != nil {
		return err.Error()
	}
	door := o.Doors[0]
	switch {
	case door.Authorizer:
		if len(a.Policy.Statement) != 1 || a.Policy.Statement[0].Effect != "Allow" {
			return "the policy does not allow"
		}
		return ""
	case door.Queue != "":
		if len(a.Failed) > 0 || !strings.Contains(string(answer), "batchItemFailures") {
			return "jobs failed"
		}
		return ""
	case door.Stream != "" || door.Schedule != "":
		if string(answer) != "{}" {
			return "it failed"
		}
		return ""
	case o.Name == "operator.history.get":
		if a.Status != 400 { // the hour of the sample is long gone
			return fmt.Sprintf("status %d", a.Status)
		}
		return ""
	case a.Status != 200:
		return fmt.Sprintf("status %d", a.Status)
	case door.Socket == "$connect" || door.Socket == "$disconnect":
		return ""
	}
	var body struct {
		Code  *int `json:"code"`
		Error *int `json:"ErrorCode"`
	}
	if err := json.Unmarshal([]byte(a.Body), &body); err != nil {
		return err.Error()
	}
	code := body.Code
	if code == nil {
		code = body.Error
	}
	want := 0
	if strings.HasSuffix(o.Name, ".unknown") || strings.HasSuffix(o.Name, ".default") {
		want = 60009 // what these two are for
	}
	if o.Name == "tencent.history.get_history" {
		want = 1005 // the hour of the sample is long gone
	}
	if code == nil || *code != want {
		return "code is not " + fmt.Sprint(want)
	}
	return ""
}
