package rie

import (
	"context"
	"crypto/md5" // the answer of SQS has it
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"parley/infra/gen/events"
	"parley/infra/testkit"
	"parley/shared/app"
	"parley/shared/clock"
	"parley/shared/dialect/client"
	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/accounts"
	"parley/shared/domain/apps"
	"parley/shared/domain/chat"
	"parley/shared/domain/content"
	"parley/shared/domain/delivery"
	"parley/shared/domain/direct"
	"parley/shared/domain/groupchat"
	"parley/shared/domain/groups"
	"parley/shared/domain/membership"
	"parley/shared/domain/profiles"
	"parley/shared/domain/relations"
	"parley/shared/domain/sessions"
	"parley/shared/domain/timeline"
	"parley/shared/dynamo"
	"parley/shared/fault"
	"parley/shared/op"
	"parley/shared/parallel"
	"parley/shared/queue"
	"parley/shared/store"
	"parley/shared/store/items"
	"parley/shared/store/schema"
)

// Sample creates what the sample events need: the application with its fixed secret, the
// accounts alice, bob and carol, and a message from alice to bob and one from bob to alice.
// Alice is online, has a friend list and a folder, and bob has asked her to be his friend. There are
// the groups of sampleGroups.
func Sample(ctx context.Context, s *testkit.Server) error {
	st, now := s.Store(), time.Now()
	sealed, err := s.Sealer.Seal(ctx, fmt.Sprintf("app/%d", events.App), []byte(events.Secret))
	if err != nil {
		return err
	}
	a := apps.App{
		ID: events.App, Created: now.Unix(), Updated: now.Unix(), Admins: []string{events.Admin},
		Settings: apps.Settings{Name: "sample", Edition: apps.Premium, LoginPolicy: sessions.Dual, DeleteAllowed: true, Follow: true},
		Keys:     []apps.Key{{Number: 1, Created: now.Unix()}},
	}
	if _, err := st.Apps.CreateApp(ctx, a, sealed); err != nil {
		return err
	}
	tenant := app.New(app.Parts{
		Store: st, Sealer: s.Sealer, Poster: &testkit.PostRecorder{}, Delivery: &testkit.Jobs[delivery.Job]{Name: queue.Delivery}, Clock: clock.System{},
		Parallel: parallel.Goroutines{}, Encoder: client.NewFrames(), Format: v4.ExportFormat{},
	}).For(&a)
	for _, user := range []string{"alice", "bob", "carol"} {
		if err := tenant.Accounts.Import(ctx, accounts.Import{ID: user}); err != nil {
			return err
		}
	}
	for n, users := range [][2]string{{"alice", "bob"}, {"bob", "alice"}} {
		request := direct.SendRequest{
			From: users[0], To: users[1], Random: uint32(n), Trusted: true, // 0 and 1
			Content: content.Content{Elements: []content.Element{testkit.Text("sample")}},
		}
		if _, err := tenant.Direct.Send(ctx, request); err != nil {
			return err
		}
	}
	return errors.Join(sampleRelations(ctx, st, tenant), sampleMessages(ctx, st, tenant), sampleMergedList(ctx, st, tenant), sampleGroups(ctx, s, st, tenant))
}

// sampleGroups makes the group "chess" of alice, in which bob is a member, and which carol asks to
// join. Its message 1 asks for read receipts, and extensions may be attached to it. Bob owns the groups
// "go", in which alice is a member, and "club", which everybody may join.
func sampleGroups(ctx context.Context, s *testkit.Server, st *store.Store, tenant app.Tenant) error {
	for _, g := range []struct{ id, owner, other string }{{"chess", "alice", "bob"}, {"go", "bob", "alice"}, {"club", "bob", "carol"}} {
		if err := sampleGroup(ctx, s, st, g.id, g.owner, g.other); err != nil {
			return err
		}
	}
	free, admin := groups.JoinFreely, groups.Actor{Application: true}
	if err := tenant.Groups.Update(ctx, admin, "club", groups.Update{Join: &free}); err != nil {
		return err
	}
	if _, err := tenant.Members.Apply(ctx, "carol", "chess", "I play"); err != nil {
		return err
	}
	if _, err := tenant.GroupData.SetAttributes(ctx, admin, "chess", map[string]string{"board": "rnbqkbnr"}, false, delivery.Origin{}); err != nil {
		return err
	}
	_, err := tenant.GroupChat.Send(ctx, groupchat.SendRequest{
		Actor: groupchat.Actor{User: "alice", Trusted: true}, Group: "chess", Random: 1, NeedReceipt: true, Extensible: true,
		Content: content.Content{Elements: []content.Element{testkit.Text("sample")}},
	})
	return err
}

// sampleGroup makes a group with an owner and another member.
func sampleGroup(ctx context.Context, s *testkit.Server, st *store.Store, id, owner, other string) error {
	g := groups.Group{ID: id, Type: groups.Public, Name: id, Owner: owner, Created: 1, Version: 1, MaxMembers: 100, Join: groups.JoinByPermission, Active: true}
	head := dynamo.NewItem(schema.GroupHeadKey(events.App, g.ID))
	head.Set(schema.GroupHeadType, dynamo.Str(string(g.Type)))
	core := dynamo.New(s.Call, clock.System{}).Table(s.Tables.Core)
	if err := core.PutAll(ctx, []dynamo.Item{items.GroupItem(events.App, g), head}); err != nil {
		return err
	}
	_, err := st.Members.WriteMembers(ctx, events.App, membership.Transaction{
		Group: g.ID, NowMs: time.Now().UnixMilli(), MaxMembers: 100, MaxJoined: 100,
		Joins: []membership.Join{{Member: membership.Member{User: owner, Role: groups.Owner, Joined: 1}}, {Member: membership.Member{User: other, Role: groups.Member, Joined: 2}}},
	})
	return err
}

// sampleMessages stores the messages that the events recall, edit and so on: one in each
// direction. Their keys have a time in 2100, so the time in which a message can be changed
// never ends.
func sampleMessages(ctx context.Context, st *store.Store, tenant app.Tenant) error {
	for _, m := range []timeline.Message{
		{From: "alice", Chat: chat.Between("alice", "bob"), Key: timeline.Key{Time: events.Future, Seq: 1, Random: 1}},
		{From: "bob", Chat: chat.Between("bob", "alice"), Key: timeline.Key{Time: events.Future, Seq: 2, Random: 2}},
	} {
		m.Elements, m.Expires, m.NeedReceipt, m.Extensible = []content.Element{testkit.Text("hi")}, events.Future, true, true
		if _, err := st.Timeline.PutMessage(ctx, events.App, m); err != nil {
			return err
		}
		if err := tenant.Timeline.React(ctx, timeline.Actor{Trusted: true}, "alice", chat.Between("alice", "bob"), m.Key, "+1", true); err != nil {
			return err
		}
	}
	return nil
}

// sampleMergedList stores a merged list, and the message to bob that refers to it. The key of
// that message has a time in 2100.
func sampleMergedList(ctx context.Context, st *store.Store, tenant app.Tenant) error {
	item := json.RawMessage(`{"From_Account":"bob","MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":"sample"}}]}`)
	messages, err := v4.ReadMergedList([]json.RawMessage{item})
	if err != nil {
		return err
	}
	list, err := tenant.Direct.ImportMerged(ctx, "alice", messages, v4.Form{})
	if err != nil {
		return err
	}
	_, err = st.Timeline.PutMessage(ctx, events.App, timeline.Message{
		From: "alice", Chat: chat.Between("alice", "bob"), Key: timeline.Key{Time: events.Future, Seq: 3, Random: 3}, Expires: events.Future,
		Content: content.Content{Elements: []content.Element{{Merged: &content.Merged{Title: "Chat", Key: list.Key}}}},
	})
	return err
}

// sampleRelations connects a device of alice, makes bob ask her to be his friend, and creates
// a friend list and a folder.
func sampleRelations(ctx context.Context, st *store.Store, tenant app.Tenant) error {
	device := sessions.Connection{ID: "sample", Instance: events.Instance, Platform: events.Platform}
	_, err1 := tenant.Sessions.Connect(ctx, "alice", device)
	confirm := profiles.Mutation{Fields: map[profiles.Name]any{profiles.Allow: string(accounts.NeedConfirm)}}
	err2 := st.Profiles.SetProfile(ctx, events.App, "alice", confirm)
	_, _, err3 := tenant.Relations.CreateLists(ctx, "alice", []string{"work"}, nil, delivery.Origin{})
	errs, err4 := tenant.Relations.AddFriends(ctx, "bob", []relations.NewFriend{{To: "alice"}}, relations.AddOptions{Both: true})
	if len(errs) != 1 || !fault.Is(errs[0], fault.RequestPending) {
		err4 = fmt.Errorf("bob asks alice: %v, %w", errs, err4)
	}
	_, _, _, err5 := tenant.Inbox.CreateFolder(ctx, "alice", "work", nil, delivery.Origin{})
	return errors.Join(err1, err2, err3, err4, err5)
}

// Environment returns the environment variables of a function that uses the tables of a
// server. dynamoDB and standin are the addresses by which the function reaches DynamoDB and
// a Standin.
func Environment(s *testkit.Server, dynamoDB, standin, sealKey string) map[string]string {
	env := map[string]string{
		"STAGE": "sample", "SCHEMA": "1", "LOG_LEVEL": "info", "SEAL_KEY": sealKey, "CONNECTIONS_ENDPOINT": standin + "/sample",
		"TABLE_CORE": s.Tables.Core, "TABLE_MSG": s.Tables.Msg, "TABLE_LIVE": s.Tables.Live, "TABLE_OPS": s.Tables.Ops,
		"AWS_ENDPOINT_URL_DYNAMODB": dynamoDB, "AWS_ENDPOINT_URL_SQS": standin,
		"AWS_ENDPOINT_URL_S3": standin, "BUCKET_ARCHIVE": "archive",
	}
	for _, name := range queue.Names() {
		env["QUEUE_"+strings.ToUpper(string(name))] = standin + "/000000000000/" + string(name)
	}
	return env
}

// Standin answers in the place of @connections, SQS and S3. It accepts every post to a
// connection, every job for a queue and every object, and stores nothing.
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
	_, _ = fmt.Fprintf(w, `{"MessageId":"sample","MD5OfMessageBody":"%x"}`, md5.Sum([]byte(in.MessageBody))) // the answer of SQS has it
}

// Accept checks the answer to the sample event of an operation. It returns what is wrong with
// it, or "" if it is the answer that is expected.
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
	trigger := o.Triggers[0]
	switch {
	case trigger.Authorizer:
		if len(a.Policy.Statement) != 1 || a.Policy.Statement[0].Effect != "Allow" {
			return "the policy does not allow"
		}
		return ""
	case trigger.Queue != "":
		if len(a.Failed) > 0 || !strings.Contains(string(answer), "batchItemFailures") {
			return "jobs failed"
		}
		return ""
	case trigger.Stream != "" || trigger.Schedule != "":
		if string(answer) != "{}" {
			return "the batch or the scheduled run failed"
		}
		return ""
	case o.Name == "operator.history.get":
		if a.Status != 400 { // the file of the sample's hour has expired
			return fmt.Sprintf("status %d", a.Status)
		}
		return ""
	case a.Status != 200:
		return fmt.Sprintf("status %d", a.Status)
	case trigger.Socket == "$connect" || trigger.Socket == "$disconnect":
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
		want = 60009 // these operations refuse every call
	}
	if o.Name == "tencent.history.get_history" {
		want = 1005 // the file of the sample's hour has expired
	}
	if code == nil || *code != want {
		return "code is not " + fmt.Sprint(want)
	}
	return ""
}
