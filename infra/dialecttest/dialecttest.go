// Package dialecttest plays one suite against every dialect: what a caller of any protocol
// can rely on. A dialect says by a Harness how its calls look and what it answers; the
// suite makes the calls over the real store.
package dialecttest

import (
	"slices"
	"strings"
	"testing"

	"parley/infra/testkit"
	"parley/shared/op"
)

// A Caller says how a call of the suite is identified.
type Caller int

// The callers. A dialect that names no application, or that serves every user, has no
// code for OtherApp or NotAdmin, and those calls are not made.
const (
	Valid     Caller = iota // a caller whom the dialect serves
	Missing                 // a call that does not say who makes it
	Malformed               // a signature that cannot be read
	Expired                 // a signature that was valid until a second ago
	OtherApp                // a signature for another application
	NotAdmin                // a user, where only an admin may call
)

// A Request is one call: an operation and a body.
type Request struct {
	Operation op.Operation
	Body      string
}

// An Answer is what the suite reads from an answer of any dialect.
type Answer struct {
	Code     string // the number or the word of a refusal; empty for a success
	Sentence string // what a caller reads who is refused
	Raw      string // the whole body
	Items    []Item // of a batch, in the order of the request
	Messages []Message
	Next     string // what the call for the next page gives back; empty at the end
}

// An Item is the result of one item of a batch.
type Item struct{ User, Code, Sentence string }

// A Message is a message of a page: who sent it, and its text.
type Message struct{ From, Text string }

// A Harness says how the calls of a dialect look and what it answers. The calls are made
// by Alice, or in her name.
type Harness struct {
	// Call makes a call in a world and reads the envelope of the answer.
	Call func(t *testing.T, w *testkit.World, caller Caller, r Request) Answer
	// Identity has the code with which each caller is refused.
	Identity map[Caller]string

	Send    func(to, text string) Request           // a message with one text
	Page    func(peer, next string, n int) Request  // the newest n messages with a user, or the next page
	Block   func(users []string) Request            // a batch: users whom Alice blocks
	Unknown Request                                 // a call that the dialect does not have
	AtLimit func(past bool) Request                 // a call at its limit, or one past it
	Text    func(length int) Request                // a message to Bob with a text of so many bytes
	Broken  func(r Request) (list, element Request) // a send whose list of elements is no list, or has an unknown element

	// The codes of refusals.
	UnknownCode, MalformedCode, LimitCode, ReceiverCode, AccountCode, TooLargeCode, BrokenListCode, BrokenElementCode string
	// Receiver and Elements are the names that requests have for these fields.
	Receiver, Elements string
	// Foreign finds words in an answer that are not of the dialect. It may be nil.
	Foreign func(text string) []string
}

// Run plays the suite against a dialect.
func Run(t *testing.T, s *testkit.Server, h Harness) {
	p := &play{Harness: h, server: s}
	t.Run("identity", p.identity)
	t.Run("envelope", p.envelope)
	t.Run("malformed body", p.malformed)
	t.Run("unknown call", p.unknown)
	t.Run("results of a batch", p.batch)
	t.Run("pages", p.pages)
	t.Run("limits", p.limits)
	t.Run("names of fields", p.names)
}

type play struct {
	Harness
	server *testkit.Server
}

// world returns a world in which Alice and Bob have accounts.
func (p *play) world(t *testing.T) *testkit.World {
	t.Helper()
	w := testkit.NewWorld(t, p.server, testkit.Options{})
	if err := w.Seed(t.Context(), "account alice\naccount bob\naccount "+testkit.Admin+"\n"); err != nil {
		t.Fatal(err)
	}
	return w
}

// call makes a call and checks what is true for every answer: it has a body, and no word
// of another dialect.
func (p *play) call(t *testing.T, w *testkit.World, caller Caller, r Request) Answer {
	t.Helper()
	a := p.Call(t, w, caller, r)
	if a.Raw == "" {
		t.Errorf("%s answers nothing", r.Operation.Name)
	}
	if p.Foreign != nil {
		if found := p.Foreign(a.Raw); len(found) > 0 {
			t.Errorf("%s: the answer has words of another dialect: %q in %s", r.Operation.Name, found, a.Raw)
		}
	}
	if (a.Code == "") != (a.Sentence == "") {
		t.Errorf("%s: a success has no sentence, and a refusal has one: %+v", r.Operation.Name, a)
	}
	return a
}

// accept makes a valid call that has to succeed.
func (p *play) accept(t *testing.T, w *testkit.World, r Request) Answer {
	t.Helper()
	a := p.call(t, w, Valid, r)
	if a.Code != "" {
		t.Fatalf("%s is refused: %+v", r.Operation.Name, a)
	}
	return a
}

// refuse makes a valid call that has to be refused with a code.
func (p *play) refuse(t *testing.T, w *testkit.World, r Request, code string) Answer {
	t.Helper()
	a := p.call(t, w, Valid, r)
	if a.Code != code {
		t.Errorf("%s with %.200s: got code %q (%s), want %q", r.Operation.Name, r.Body, a.Code, a.Sentence, code)
	}
	return a
}

// identity checks that a caller who does not prove who he is gets a code for the reason,
// and that the call has no effect.
func (p *play) identity(t *testing.T) {
	w := p.world(t)
	for _, caller := range []Caller{Missing, Malformed, Expired, OtherApp, NotAdmin} {
		code, used := p.Identity[caller]
		if !used {
			continue
		}
		if a := p.call(t, w, caller, p.Send("bob", "hi")); a.Code != code {
			t.Errorf("caller %d: got code %q (%s), want %q", caller, a.Code, a.Sentence, code)
		}
	}
	if a := p.accept(t, w, p.Page("bob", "", 10)); len(a.Messages) > 0 {
		t.Errorf("a refused call has sent %+v", a.Messages)
	}
}

// envelope checks that a sent message can be read, and how a refusal looks.
func (p *play) envelope(t *testing.T) {
	w := p.world(t)
	p.accept(t, w, p.Send("bob", "hi"))
	if a := p.accept(t, w, p.Page("bob", "", 10)); !slices.Equal(a.Messages, []Message{{"alice", "hi"}}) || a.Next != "" {
		t.Errorf("got messages %+v and next %q", a.Messages, a.Next)
	}
	p.refuse(t, w, p.Send("nemo", "hi"), p.ReceiverCode)
}

// malformed checks that a body that is not JSON, or no object, is refused.
func (p *play) malformed(t *testing.T) {
	w := p.world(t)
	for _, body := range []string{"", "7", "[]", `{"a":`, "\x00", `{"a":1}{}`} {
		r := p.Send("bob", "hi")
		r.Body = body
		p.refuse(t, w, r, p.MalformedCode)
	}
}

// unknown checks a call that the dialect does not have.
func (p *play) unknown(t *testing.T) {
	p.refuse(t, p.world(t), p.Unknown, p.UnknownCode)
}

// batch checks that each item of a batch has a result of its own.
func (p *play) batch(t *testing.T) {
	a := p.accept(t, p.world(t), p.Block([]string{"bob", "nemo"}))
	if len(a.Items) != 2 || a.Items[0] != (Item{User: "bob"}) || a.Items[1].User != "nemo" || a.Items[1].Code != p.AccountCode ||
		a.Items[1].Sentence == "" {
		t.Errorf("got items %+v, want success for bob and %s for nemo", a.Items, p.AccountCode)
	}
}

// pages reads five messages two by two, to the end.
func (p *play) pages(t *testing.T) {
	w := p.world(t)
	var want, got []string
	for _, text := range []string{"one", "two", "three", "four", "five"} {
		p.accept(t, w, p.Send("bob", text))
		want = append(want, text)
	}
	next := ""
	for calls := 0; ; calls++ {
		a := p.accept(t, w, p.Page("bob", next, 2))
		var texts []string
		for _, m := range a.Messages {
			texts = append(texts, m.Text)
		}
		got = append(texts, got...) // the pages go from new to old
		if next = a.Next; next == "" {
			break
		}
		if len(texts) > 2 || calls > 5 {
			t.Fatalf("page %d has %q", calls, texts)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("the pages have %q, want %q", got, want)
	}
}

// limits checks a limit at its edge and past it, and the size of a message.
func (p *play) limits(t *testing.T) {
	w := p.world(t)
	p.accept(t, w, p.AtLimit(false))
	p.refuse(t, w, p.AtLimit(true), p.LimitCode)
	p.accept(t, w, p.Text(8000))
	p.refuse(t, w, p.Text(20_000), p.TooLargeCode)
}

// names checks that a sentence has the dialect's own name for a field.
func (p *play) names(t *testing.T) {
	w := p.world(t)
	if a := p.refuse(t, w, p.Send(strings.Repeat("x", 100), "hi"), p.ReceiverCode); !strings.Contains(a.Sentence, p.Receiver) {
		t.Errorf("the sentence %q has no %s", a.Sentence, p.Receiver)
	}
	list, element := p.Broken(p.Send("bob", "hi"))
	if a := p.refuse(t, w, list, p.BrokenListCode); !strings.Contains(a.Sentence, p.Elements) {
		t.Errorf("the sentence %q has no %s", a.Sentence, p.Elements)
	}
	if a := p.refuse(t, w, element, p.BrokenElementCode); !strings.Contains(a.Sentence, p.Elements+"[0]") {
		t.Errorf("the sentence %q has no %s[0]", a.Sentence, p.Elements)
	}
}
