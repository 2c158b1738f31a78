// Package relations plays random histories of friends, requests and blocks
// against the real store: several devices of a few users at once, calls that are
// killed before or after any call to DynamoDB and then repeated. A seed decides
// everything; between two calls to DynamoDB any other device may act.
package relations

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/smithy-go/middleware"

	"parley/shared/app"
	"parley/shared/domain/accounts"
	"parley/shared/domain/apps"
	"parley/shared/domain/delivery"
	"parley/shared/domain/relations"
	"parley/shared/fault"
	"parley/shared/testkit"
)

var server *testkit.Server

func TestMain(m *testing.M) { testkit.Main(m, &server) }

const (
	users   = 4
	devices = 2 // of each user
	calls   = 8 // of each device
)

var errKilled = errors.New("the process was killed")

// A history is one seed's run. Devices take turns: one acts until its next call
// to DynamoDB, then the seed chooses who goes on.
type history struct {
	seed     uint64
	rng      *rand.Rand
	service  relations.Service
	limits   relations.Limits
	world    *testkit.World
	trace    []string
	problems []string
}

// A device makes calls in a goroutine of its own.
type device struct {
	h      *history
	user   string
	name   string
	turn   chan struct{} // it may go on
	paused chan bool     // it waits for its turn (true), or is through
	kill   float64
}

type deviceKey struct{}

// hooks makes every call to DynamoDB a place where devices take turns, and may be
// killed.
func hooks(o *dynamodb.Options) {
	o.Retryer = aws.NopRetryer{}
	o.APIOptions = append(o.APIOptions, func(stack *middleware.Stack) error {
		return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("Turn",
			func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
				d, _ := ctx.Value(deviceKey{}).(*device)
				if d == nil {
					return next.HandleInitialize(ctx, in)
				}
				d.pause()
				fate := d.h.rng.Float64()
				if fate < d.kill {
					d.h.trace = append(d.h.trace, d.name+" is killed before a call")
					return middleware.InitializeOutput{}, middleware.Metadata{}, errKilled
				}
				out, meta, err := next.HandleInitialize(ctx, in)
				if fate < 2*d.kill {
					d.h.trace = append(d.h.trace, d.name+" is killed after a call")
					return middleware.InitializeOutput{}, meta, errKilled
				}
				return out, meta, err
			}), middleware.After)
	})
}

func (d *device) pause() {
	d.paused <- true
	<-d.turn
}

// run lets all devices act until each is through.
func (h *history) run(ctx context.Context) {
	var waiting []*device
	for u := 1; u <= users; u++ {
		for n := 1; n <= devices; n++ {
			d := &device{
				h: h, user: fmt.Sprintf("u%d", u), name: fmt.Sprintf("u%d/%d", u, n),
				turn: make(chan struct{}), paused: make(chan bool), kill: []float64{0, 0.02, 0.08}[h.rng.IntN(3)],
			}
			waiting = append(waiting, d)
			go func() {
				<-d.turn
				for range calls {
					d.act(context.WithValue(ctx, deviceKey{}, d))
				}
				d.paused <- false
			}()
		}
	}
	for len(waiting) > 0 {
		at := h.rng.IntN(len(waiting))
		d := waiting[at]
		d.turn <- struct{}{}
		if more := <-d.paused; !more {
			waiting = slices.Delete(waiting, at, at+1)
		}
	}
	h.check(ctx)
}

// act makes one call, again after each time that it was killed.
func (d *device) act(ctx context.Context) {
	h := d.h
	peer := fmt.Sprintf("u%d", 1+h.rng.IntN(users))
	kind, both, list := h.rng.IntN(13), h.rng.IntN(2) == 0, fmt.Sprintf("l%d", h.rng.IntN(3))
	for {
		name, errs, err := d.call(ctx, kind, peer, both, list)
		h.trace = append(h.trace, fmt.Sprintf("%s %s %s both=%t: %v %v", d.name, name, peer, both, errs, err))
		if errors.Is(err, errKilled) {
			continue
		}
		for _, e := range append(errs, err) {
			if e != nil && fault.Of(e).Code.Ours() {
				h.fail("%s %s %s: %v", d.name, name, peer, e)
			}
		}
		return
	}
}

func (d *device) call(ctx context.Context, kind int, peer string, both bool, list string) (name string, errs []error, err error) {
	s, me, from := d.h.service, d.user, delivery.Origin{}
	peers := []string{peer}
	switch kind {
	case 0, 1, 2:
		errs, err = s.Add(ctx, me, []relations.Ask{{To: peer, List: list}}, relations.AddOptions{Both: both})
		return "adds", errs, err
	case 3:
		errs, err = s.Add(ctx, me, []relations.Ask{{To: peer}}, relations.AddOptions{Both: both, Force: true})
		return "forces", errs, err
	case 4, 5:
		return "accepts", nil, s.Accept(ctx, me, peer, both, "", from)
	case 6:
		return "rejects", nil, s.Reject(ctx, me, peer, from)
	case 7:
		errs, err = s.Delete(ctx, me, peers, both, from)
		return "deletes", errs, err
	case 8:
		errs, err = s.Block(ctx, me, peers, from)
		return "blocks", errs, err
	case 9:
		errs, err = s.Unblock(ctx, me, peers, from)
		return "unblocks", errs, err
	case 10:
		errs, err = s.Import(ctx, me, []relations.Friend{{Peer: peer, Lists: []string{list}}}, from)
		return "imports", errs, err
	case 11:
		_, err = s.DeleteLists(ctx, me, []string{list}, from)
		return "deletes list " + list + " beside", nil, err
	default:
		errs, _, err = s.CreateLists(ctx, me, []string{list}, peers, from)
		return "makes list " + list + " with", errs, err
	}
}

func (h *history) fail(format string, args ...any) {
	h.problems = append(h.problems, fmt.Sprintf(format, args...))
}

// A side is all of one user's entries.
type side struct {
	book     relations.Book
	friends  map[string]relations.Friend
	requests map[string]bool
	blocks   map[string]bool
}

func (h *history) side(ctx context.Context, user string) side {
	s := side{friends: make(map[string]relations.Friend), requests: make(map[string]bool), blocks: make(map[string]bool)}
	f, err1 := h.service.List(ctx, user, "", 100)
	r, err2 := h.service.Requests(ctx, user, "", 100)
	b, err3 := h.service.Blocks(ctx, user, "", 100)
	if err := errors.Join(err1, err2, err3); err != nil {
		h.fail("read %s: %v", user, err)
	}
	s.book = b.Book
	for _, v := range f.Friends {
		s.friends[v.Peer] = v
	}
	for _, v := range r.Requests {
		s.requests[v.From] = true
	}
	for _, v := range b.Blocks {
		s.blocks[v.Peer] = true
	}
	return s
}

// check holds what is stored against the rules.
func (h *history) check(ctx context.Context) {
	sides := make(map[string]side)
	for u := 1; u <= users; u++ {
		name := fmt.Sprintf("u%d", u)
		sides[name] = h.side(ctx, name)
	}
	for user, s := range sides {
		b := s.book
		if b.Friends != len(s.friends) || b.Requests != len(s.requests) || b.Blocked != len(s.blocks) {
			h.fail("%s: the book %+v counts other than %d friends, %d requests, %d blocks", user, b, len(s.friends), len(s.requests), len(s.blocks))
		}
		if b.Friends > h.limits.Friends || b.Requests > h.limits.Requests || b.Blocked > h.limits.Blocked || len(b.Lists) > h.limits.Lists {
			h.fail("%s: the book %+v is past the limits %+v", user, b, h.limits)
		}
		for peer := range s.blocks {
			_, mine := s.friends[peer]
			_, theirs := sides[peer].friends[user]
			if mine || theirs {
				h.fail("%s blocks %s, and a friendship is left (%t, %t)", user, peer, mine, theirs)
			}
			if s.requests[peer] || sides[peer].requests[user] {
				h.fail("%s blocks %s, and a request is left", user, peer)
			}
		}
		for peer, f := range s.friends {
			for _, list := range f.Lists {
				if !slices.Contains(b.Lists, list) {
					h.fail("%s has %s in list %s, which is not there: %v", user, peer, list, b.Lists)
				}
			}
			if f.Version > b.FriendVersion {
				h.fail("%s: %s is of version %d, the table of %d", user, peer, f.Version, b.FriendVersion)
			}
			if peer == user {
				h.fail("%s is a friend of itself", user)
			}
		}
		h.checkLog(ctx, user, s)
	}
}

// checkLog pulls the changes since every version: from what was there, they lead
// to what is there.
func (h *history) checkLog(ctx context.Context, user string, s side) {
	for since := int64(1); since <= s.book.FriendVersion; since++ {
		d, err := h.service.Changes(ctx, user, since)
		if err != nil || d.Full {
			h.fail("%s: changes since %d of %d: %+v, %v", user, since, s.book.FriendVersion, d, err)
			return
		}
		for peer, f := range s.friends {
			told := slices.ContainsFunc(d.Changed, func(c relations.Friend) bool { return c.Peer == peer })
			if told != (f.Version > since) {
				h.fail("%s: changes since %d tell of %s (version %d): %t", user, since, peer, f.Version, told)
			}
		}
		for _, peer := range d.Gone {
			if _, there := s.friends[peer]; there {
				h.fail("%s: changes since %d say that %s is gone", user, since, peer)
			}
		}
	}
}

func play(t *testing.T, seed uint64) *history {
	h := &history{seed: seed, rng: testkit.Rand(seed), limits: relations.Limits{Friends: 2, Blocked: 1, Lists: 2, Requests: 1}}
	parts := func(p *app.Parts) {
		p.Store = server.Store(hooks)
		p.Wait = func(ctx context.Context, _ time.Duration) {
			if d, _ := ctx.Value(deviceKey{}).(*device); d != nil {
				d.pause()
			}
		}
	}
	h.world = testkit.NewWorld(t, server, testkit.Options{Parts: parts, Edition: apps.Premium})
	if err := h.world.Seed(t.Context(), fmt.Sprintf("accounts %d\nconnect u1 iPhone i1\nconnect u2 Web w1", users)); err != nil {
		t.Fatal(err)
	}
	for u := 1; u <= users; u++ {
		allow := []accounts.Allow{accounts.AllowAny, accounts.NeedConfirm, accounts.NeedConfirm, accounts.DenyAny}[h.rng.IntN(4)]
		if err := h.world.Seed(t.Context(), fmt.Sprintf("allow u%d %s", u, allow)); err != nil {
			t.Fatal(err)
		}
	}
	h.service = h.world.Tenant(t).Relations
	h.service.Limits = h.limits
	h.run(t.Context())
	return h
}

// TestModelRelations plays a tenth of MODEL_SEEDS; MODEL_SEED plays one and tells
// what happened.
func TestModelRelations(t *testing.T) {
	if text := os.Getenv("MODEL_SEED"); text != "" {
		seed, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		h := play(t, seed)
		t.Log(strings.Join(h.trace, "\n"))
		for _, p := range h.problems {
			t.Error(p)
		}
		return
	}
	count := uint64(100)
	if text := os.Getenv("MODEL_SEEDS"); text != "" {
		n, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		count = max(1, n/10)
	}
	kills := 0
	for seed := uint64(1); seed <= count; seed++ {
		h := play(t, seed)
		if len(h.problems) > 0 {
			t.Fatalf("MODEL_SEED=%d go test ./infra/model/relations -v\n%s\n%s", seed, strings.Join(h.problems, "\n"), strings.Join(h.trace, "\n"))
		}
		for _, line := range h.trace {
			if strings.Contains(line, "is killed") {
				kills++
			}
		}
	}
	if count >= 20 && kills == 0 {
		t.Error("nothing was ever killed")
	}
	t.Logf("%d histories, %d kills", count, kills)
}
