package message

import (
	"context"
	"fmt"
	"testing"

	"parley/infra/testkit"
	"parley/shared/app"
	"parley/shared/domain/delivery"
	"parley/shared/domain/direct"
)

// endsTheCall is a Poster with whose first post the time of the call is over.
type endsTheCall struct {
	delivery.Poster
	end context.CancelFunc
}

func (p endsTheCall) Post(ctx context.Context, connections []string, frame []byte) []error {
	p.end()
	return p.Poster.Post(ctx, connections, frame)
}

// A batch whose time is over before its last part was sent fails. Its repeat sends
// the rest under the same key.
func TestABatchWithoutTimeFails(t *testing.T) {
	w := testkit.NewWorld(t, server, testkit.Options{})
	const many = 70 // three parts of a batch
	if err := w.Seed(t.Context(), fmt.Sprintf("accounts %d\naccount alice\nconnect u1 iPhone i1\n", many)); err != nil {
		t.Fatal(err)
	}
	var to []string
	for n := range many {
		to = append(to, fmt.Sprintf("u%d", n+1))
	}
	ctx, end := context.WithCancel(t.Context())
	a := w.NewApp(func(p *app.Parts) { p.Poster = endsTheCall{p.Poster, end} })
	o, err := a.Apps.Get(ctx, w.ID)
	if err != nil {
		t.Fatal(err)
	}
	request := direct.SendRequest{From: "alice", Random: 1, Trusted: true, Content: textOf("hi")}
	if _, _, err := a.For(&o).Direct.SendBatch(ctx, request, to); err == nil {
		t.Error("the batch succeeded, though most of it was not sent")
	}
	if _, failed, err := w.Tenant(t).Direct.SendBatch(t.Context(), request, to); err != nil || failed != nil {
		t.Fatalf("the repeat: %q, %v", failed, err)
	}
	for _, u := range to {
		if got := texts(t, w.Tenant(t).Timeline, u, "alice"); len(got) != 1 {
			t.Errorf("%s has %d messages, want 1", u, len(got))
		}
	}
}
