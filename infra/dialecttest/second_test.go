package dialecttest_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"parley/infra/arch/words"
	"parley/infra/dialecttest"
	"parley/infra/testkit"
	"parley/shared/domain/chat"
	"parley/shared/domain/content"
	"parley/shared/domain/direct"
	"parley/shared/domain/timeline"
	"parley/shared/fault"
	"parley/shared/op"
)

// The second dialect is a JSON API of another style than v4: a bearer token, statuses,
// codes that are words, and other names for all fields. It has three operations. Nothing
// in shared/domain knows of it.

// secondCodes returns the words of the second dialect for faults.
func secondCodes() map[fault.Code]string {
	return map[fault.Code]string{
		fault.UnknownOperation: "not_found", fault.Malformed: "bad_json", fault.Invalid: "bad_value",
		fault.AppUnknown: "bad_token", fault.CallerMissing: "no_token", fault.SignatureMalformed: "bad_token",
		fault.SignatureExpired: "token_expired", fault.SignatureMismatch: "bad_token", fault.CallerUnknown: "bad_token",
		fault.ReceiverUnknown: "recipient_not_found", fault.AccountUnknown: "user_not_found", fault.BodyTooLarge: "message_too_long",
		fault.BodyInvalid: "bad_part", fault.BodyEmpty: "bad_part",
	}
}

// secondName returns the name of a field in requests of the second dialect.
func secondName(f fault.Field) string {
	names := map[fault.Field]string{fault.Receiver: "recipient", fault.Elements: "parts", fault.UserName: "user", fault.Signature: "token"}
	if name, own := names[f]; own {
		return name
	}
	return f.String()
}

// secondFault returns the code and the sentence of the second dialect for an error.
func secondFault(err error) (code, sentence string) {
	e := fault.Of(err)
	code, ok := secondCodes()[e.Code]
	if !ok || e.Code.Ours() {
		return "internal", "something went wrong"
	}
	return code, e.Sentence(secondName)
}

type second struct{}

// Decode implements op.Protocol.
func (second) Decode(c *op.Call, event []byte) (err error) {
	c.Request, err = op.ReadHTTP(event)
	return err
}

// Identify implements op.Protocol. The token is "app.user.expires.signature".
func (second) Identify(ctx context.Context, c *op.Call) error {
	token, ok := strings.CutPrefix(c.Request.Header["authorization"], "Bearer ")
	if !ok {
		return fault.New(fault.CallerMissing, "the header Authorization has no bearer token")
	}
	parts := strings.Split(token, ".")
	if len(parts) != 4 {
		return fault.New(fault.SignatureMalformed, "the token cannot be read")
	}
	app, err1 := strconv.ParseInt(parts[0], 10, 64)
	expires, err2 := strconv.ParseInt(parts[2], 10, 64)
	if err1 != nil || err2 != nil {
		return fault.New(fault.SignatureMalformed, "the token cannot be read")
	}
	open, err := c.App.Directory.FindOpened(ctx, app)
	if err != nil {
		return err
	}
	c.SetApp(open.EffectiveApp)
	switch {
	case !slices.ContainsFunc(open.Secrets, func(secret string) bool { return tokenOf(secret, app, parts[1], expires) == token }):
		return fault.New(fault.SignatureMismatch, "the token does not verify")
	case c.App.Now().Unix() >= expires:
		return fault.New(fault.SignatureExpired, "the token has expired")
	}
	c.Caller = op.Caller{Account: parts[1], Issued: c.App.Now()}
	return nil
}

// tokenOf makes a token.
func tokenOf(secret string, app int64, user string, expires int64) string {
	text := fmt.Sprintf("%d.%s.%d", app, user, expires)
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(text))
	return text + "." + hex.EncodeToString(mac.Sum(nil))
}

type secondError struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

// Encode implements op.Protocol.
func (second) Encode(_ *op.Call, out any, err error) ([]byte, error) {
	status := http.StatusOK
	if err != nil {
		code, sentence := secondFault(err)
		out = map[string]secondError{"error": {code, sentence}}
		switch fault.Of(err).Code.Class() {
		case fault.ClassIdentity, fault.ClassNotServed:
			status = http.StatusUnauthorized
		case fault.ClassConflict:
			status = http.StatusConflict
		case fault.ClassQuota:
			status = http.StatusTooManyRequests
		case fault.ClassOurs:
			status = http.StatusInternalServerError
		default:
			status = http.StatusBadRequest
		}
	}
	body, err := json.Marshal(out)
	if err != nil {
		return nil, err
	}
	return op.Answer(status, map[string]string{"content-type": "application/json"}, body)
}

// Number implements op.Protocol.
func (second) Number(_ *op.Call, err error) int { return int(fault.Of(err).Code) }

// secondOperation makes an operation of the second dialect.
func secondOperation[In any](name string, run func(context.Context, *op.Call, In) (any, error), options ...op.Option) op.Operation {
	return op.New(op.Operation{
		Name: "second.chat." + name, Triggers: []op.Trigger{{HTTP: "POST /chat/" + name}}, Protocol: second{},
		Run: func(ctx context.Context, c *op.Call) (any, error) {
			var in In
			if err := json.Unmarshal(c.Request.Body, &in); err != nil || !strings.HasPrefix(string(c.Request.Body), "{") {
				var wrong *json.UnmarshalTypeError
				if errors.As(err, &wrong) && wrong.Field != "" {
					return nil, fault.New(fault.BodyInvalid, "%s cannot be a %s", wrong.Field, wrong.Value)
				}
				return nil, fault.New(fault.Malformed, "the body is no JSON object")
			}
			return run(ctx, c, in)
		},
	}, options...)
}

// A part is an element of a message: a text.
type part struct {
	Kind string `json:"kind"`
	Text string `json:"text"`
}

// toElements reads parts.
func toElements(parts []part) ([]content.Element, error) {
	var out []content.Element
	for i, p := range parts {
		if p.Kind != "text" {
			return nil, fault.AtItem(fault.BodyInvalid, fault.Elements, i, "there is no kind %.20q", p.Kind)
		}
		out = append(out, content.NewText(p.Text))
	}
	return out, nil
}

type sending struct {
	Recipient string `json:"recipient"`
	ID        uint32 `json:"id"`
	Parts     []part `json:"parts"`
}

func send(ctx context.Context, c *op.Call, in sending) (any, error) {
	elements, err := toElements(in.Parts)
	if err != nil {
		return nil, err
	}
	r, err := c.Direct.Send(ctx, direct.SendRequest{
		From: c.Caller.Account, To: in.Recipient, Random: in.ID, Issued: c.Caller.Issued, Content: content.Content{Elements: elements},
	})
	return map[string]string{"message": r.Key.String()}, err
}

type listing struct {
	With  string `json:"with"`
	Size  int    `json:"size"`
	Token string `json:"token"`
}

type listed struct {
	Messages []listedMessage `json:"messages"`
	Token    string          `json:"token,omitempty"`
}

type listedMessage struct {
	ID    string `json:"id"`
	From  string `json:"from"`
	Parts []part `json:"parts"`
}

func list(ctx context.Context, c *op.Call, in listing) (any, error) {
	if in.Size < 1 || in.Size > timeline.MaxPage {
		return nil, fault.New(fault.Invalid, "size is 1 to %d", timeline.MaxPage)
	}
	r := timeline.HistoryRange{User: c.Caller.Account, Chat: chat.Between(c.Caller.Account, in.With), Limit: in.Size}
	if in.Token != "" {
		key, err := timeline.ParseKey(in.Token)
		if err != nil {
			return nil, err
		}
		r.Before = &key
	}
	h, err := c.Timeline.History(ctx, r)
	if err != nil {
		return nil, err
	}
	out := listed{Messages: []listedMessage{}}
	for _, m := range h.Messages {
		row := listedMessage{ID: m.Key.String(), From: m.From}
		for _, e := range m.Elements {
			row.Parts = append(row.Parts, part{"text", textOf(e)})
		}
		out.Messages = append(out.Messages, row)
	}
	if h.Next != nil {
		out.Token = h.Next.String()
	}
	return out, nil
}

// textOf returns the text of an element.
func textOf(e content.Element) string {
	if e.Text == nil {
		return ""
	}
	return string(*e.Text)
}

type blocking struct {
	Users []string `json:"users"`
}

type blocked struct {
	User  string       `json:"user"`
	Error *secondError `json:"error,omitempty"`
}

func block(ctx context.Context, c *op.Call, in blocking) (any, error) {
	errs, err := c.Relations.Block(ctx, c.Caller.Account, in.Users, c.Origin())
	if err != nil {
		return nil, err
	}
	out := make([]blocked, len(in.Users))
	for i, user := range in.Users {
		out[i].User = user
		if errs[i] != nil {
			code, sentence := secondFault(errs[i])
			out[i].Error = &secondError{code, sentence}
		}
	}
	return map[string][]blocked{"results": out}, nil
}

// TestSecondDialect plays the suite against the second dialect. None of its answers has a
// word of v4.
func TestSecondDialect(t *testing.T) {
	sendOperation := secondOperation("send", send, op.Fails(direct.SendFaults()))
	listOperation, blockOperation := secondOperation("list", list), secondOperation("block", block)
	unknown := secondOperation("unknown", func(context.Context, *op.Call, struct{}) (any, error) {
		return nil, fault.New(fault.UnknownOperation, "there is no such path")
	})
	request := func(o op.Operation, body any) dialecttest.Request {
		text, err := json.Marshal(body)
		if err != nil {
			panic(err)
		}
		return dialecttest.Request{Operation: o, Body: string(text)}
	}
	var id uint32
	message := func(to, text string) dialecttest.Request {
		id++
		return request(sendOperation, sending{to, id, []part{{"text", text}}})
	}
	page := func(peer, next string, n int) dialecttest.Request {
		return request(listOperation, listing{peer, n, next})
	}
	dialecttest.Run(t, server, dialecttest.Harness{
		Call: callSecond,
		Identity: map[dialecttest.Caller]string{
			dialecttest.Missing: "no_token", dialecttest.Malformed: "bad_token", dialecttest.Expired: "token_expired", dialecttest.OtherApp: "bad_token",
		},
		Send:    message,
		Page:    page,
		Block:   func(users []string) dialecttest.Request { return request(blockOperation, blocking{users}) },
		Unknown: request(unknown, struct{}{}),
		AtLimit: func(past bool) dialecttest.Request { return page("bob", "", map[bool]int{false: 100, true: 101}[past]) },
		Text:    func(n int) dialecttest.Request { return message("bob", strings.Repeat("x", n)) },
		Broken: func(r dialecttest.Request) (list, element dialecttest.Request) {
			list, element = r, r
			list.Body = `{"recipient":"bob","parts":"hi"}`
			element.Body = strings.Replace(r.Body, `"kind":"text"`, `"kind":"none"`, 1)
			return list, element
		},
		UnknownCode: "not_found", MalformedCode: "bad_json", LimitCode: "bad_value", ReceiverCode: "recipient_not_found",
		AccountCode: "user_not_found", TooLargeCode: "message_too_long", BrokenListCode: "bad_part", BrokenElementCode: "bad_part",
		Receiver: "recipient", Elements: "parts",
		Foreign: words.Vendors,
	})
}

// callSecond makes a call of the second dialect.
func callSecond(t *testing.T, w *testkit.World, caller dialecttest.Caller, r dialecttest.Request) dialecttest.Answer {
	w.Clock.Move(time.Second)
	app, expires := w.ID, w.Clock.Now().Add(time.Hour).Unix()
	if caller == dialecttest.Expired {
		expires = w.Clock.Now().Unix() - 1
	}
	if caller == dialecttest.OtherApp {
		app++
	}
	header := map[string]string{"authorization": "Bearer " + tokenOf(w.Secret, app, "alice", expires)}
	if caller == dialecttest.Missing {
		header = map[string]string{}
	}
	if caller == dialecttest.Malformed {
		header["authorization"] = "Bearer x"
	}
	event, err := json.Marshal(map[string]any{
		"version": "2.0", "headers": header, "body": r.Body, "requestContext": map[string]any{"http": map[string]string{"method": "POST"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	text, _, err := w.Invoke(t.Context(), &r.Operation, event)
	out := dialecttest.Answer{Raw: bodyOf(t, text, err)}
	var a struct {
		Error   secondError
		Results []blocked
		listed
	}
	if err := json.Unmarshal([]byte(out.Raw), &a); err != nil {
		t.Fatalf("%s: %v", out.Raw, err)
	}
	out.Code, out.Sentence, out.Next = a.Error.Code, a.Error.Message, a.Token
	for _, one := range a.Results {
		item := dialecttest.Item{User: one.User}
		if one.Error != nil {
			item.Code, item.Sentence = one.Error.Code, one.Error.Message
		}
		out.Items = append(out.Items, item)
	}
	for _, m := range a.Messages {
		out.Messages = append(out.Messages, dialecttest.Message{From: m.From, Text: m.Parts[0].Text})
	}
	return out
}
