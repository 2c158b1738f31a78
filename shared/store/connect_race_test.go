package store_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/smithy-go/middleware"

	"parley/shared/app"
	"parley/shared/domain/accounts"
	"parley/shared/domain/delivery"
	"parley/shared/domain/sessions"
	"parley/shared/testkit"
)

// A script stops a call between two requests to the tables: something else
// happens there, or the call ends.
type script struct {
	at   int                   // the number of the request
	n    int                   // requests so far
	does func(context.Context) // before the request
	dies bool                  // the call ends behind the request
	dead bool
}

type scriptKey struct{}

func scriptOf(ctx context.Context) *script {
	s, _ := ctx.Value(scriptKey{}).(*script)
	return s
}

func (s *script) in(ctx context.Context) context.Context {
	return context.WithValue(ctx, scriptKey{}, s)
}

var errDead = errors.New("the call has ended")

func scripted(o *dynamodb.Options) {
	o.APIOptions = append(o.APIOptions, func(stack *middleware.Stack) error {
		return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("Script", func(
			ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler,
		) (middleware.InitializeOutput, middleware.Metadata, error) {
			s := scriptOf(ctx)
			if s == nil {
				return next.HandleInitialize(ctx, in)
			}
			if s.dead {
				return middleware.InitializeOutput{}, middleware.Metadata{}, errDead
			}
			if s.n == s.at && s.does != nil {
				s.does(context.WithValue(ctx, scriptKey{}, (*script)(nil)))
			}
			out, meta, err := next.HandleInitialize(ctx, in)
			if s.dies && s.n == s.at {
				s.dead = true
				return middleware.InitializeOutput{}, middleware.Metadata{}, errDead
			}
			s.n++
			return out, meta, err
		}), middleware.After)
	})
}

// poster is a Recorder that a call which has ended does not reach.
type poster struct{ *testkit.Recorder }

func (p poster) Post(ctx context.Context, connections []string, frame []byte) []error {
	if s := scriptOf(ctx); s != nil && s.dead {
		return slices.Repeat([]error{errDead}, len(connections))
	}
	return p.Recorder.Post(ctx, connections, frame)
}

func (p poster) Close(ctx context.Context, connection string) error {
	if s := scriptOf(ctx); s != nil && s.dead {
		return errDead
	}
	return p.Recorder.Close(ctx, connection)
}

// jobs is a queue that a call which has ended does not reach.
type jobs struct{ *testkit.Jobs[delivery.Job] }

func (j jobs) Send(ctx context.Context, job delivery.Job, delay time.Duration) error {
	if s := scriptOf(ctx); s != nil && s.dead {
		return errDead
	}
	return j.Jobs.Send(ctx, job, delay)
}

func newScripted(t *testing.T, seed string) (*testkit.World, app.Tenant) {
	t.Helper()
	w := testkit.NewWorld(t, server, testkit.Options{})
	w.App = w.Fresh(func(p *app.Parts) {
		p.Store, p.Poster, p.Delivery = server.Store(scripted), poster{w.Posts}, jobs{w.Jobs}
	})
	if err := w.Seed(t.Context(), seed); err != nil {
		t.Fatal(err)
	}
	w.Effects()
	tenant := w.Tenant(t)
	tenant.Accounts.Deleting = true
	return w, tenant
}

func phone(w *testkit.World, connection, instance string) sessions.Link {
	return sessions.Link{Connection: connection, Instance: instance, Platform: "iPhone", Issued: w.Clock.Now()}
}

func slotsOf(t *testing.T, w *testkit.World) sessions.Session {
	t.Helper()
	list, err := w.Store.Sessions(t.Context(), w.ID, []string{"alice"})
	if err != nil {
		t.Fatal(err)
	}
	return list[0]
}

// most is more requests than any call makes.
const most = 12

// TestEndMeetsConnect: a kick, a ban or a deletion that meets a connect at any
// point leaves no device connected, whichever of the two is stopped for the other.
func TestEndMeetsConnect(t *testing.T) {
	for _, end := range []string{"kick", "ban", "delete"} {
		for _, stopped := range []string{"connect", end} {
			for at := range most {
				w, tenant := newScripted(t, "account alice\n")
				ends := func(ctx context.Context) {
					var err error
					switch end {
					case "kick":
						err = tenant.Accounts.Kick(ctx, "alice")
					case "ban":
						err = tenant.Accounts.Ban(ctx, "alice", w.Clock.Now().Unix()+60)
					default:
						_, err = tenant.Accounts.Delete(ctx, []string{"alice"})
					}
					if err != nil {
						t.Errorf("%s: %v", end, err)
					}
				}
				opened := false
				connects := func(ctx context.Context) {
					link := phone(w, "c", "i")
					if w.App.Callers.Admit(ctx, w.ID, accounts.Caller{ID: "alice", Issued: link.Issued}) != nil {
						return // by the authorizer
					}
					_, err := tenant.Sessions.Connect(ctx, "alice", link)
					opened = err == nil
				}
				s := &script{at: at, does: ends}
				if stopped == "connect" {
					connects(s.in(t.Context()))
				} else {
					s.does = connects
					ends(s.in(t.Context()))
				}
				happened := s.n > at
				if !happened {
					s.does(t.Context())
				}
				var closed bool
				for _, p := range w.Posts.Take() {
					closed = closed || (p.Closed && p.Connection == "c")
				}
				session := slotsOf(t, w)
				if len(session.Devices)+len(session.Leaving) > 0 || (opened && !closed) {
					t.Errorf("%s meets connect, request %d of %s: opened %t, closed %t, slots %+v, leaving %+v",
						end, at, stopped, opened, closed, session.Devices, session.Leaving)
				}
				if !happened {
					break
				}
			}
		}
	}
}

// TestConnectEndsAnywhere: whatever request a connect ends behind, the repeat of
// the event, or another attempt of the same installation, closes the devices that
// have lost their slots; and frames go to the new connection once.
func TestConnectEndsAnywhere(t *testing.T) {
	for _, c := range []struct{ name, seed, goes string }{
		{"one device a place", "connect alice Android a1\n", "alice/a1"},
		{"several of a platform", "set native 2\nconnect alice iPhone a\nsleep 1s\nconnect alice iPhone b\nsleep 1s\n", "alice/a"},
		{"another platform takes the place", "set native 3\nconnect alice iPad a\nconnect alice iPad b\nsleep 1s\n", "alice/a alice/b"},
		{"of another policy", "set policy multi\nconnect alice iPad a\nset policy dual\nsleep 1s\n", "alice/a"},
	} {
		for _, again := range []string{"c", "c-2"} {
			for at := range most {
				w, tenant := newScripted(t, "account alice\n"+c.seed)
				s := &script{at: at, dies: true}
				_, err := tenant.Sessions.Connect(s.in(t.Context()), "alice", phone(w, "c", "i"))
				if s.dead == (err == nil) {
					t.Errorf("%s, ended behind request %d: %v", c.name, at, err)
				}
				w.Clock.Move(time.Second)
				if _, err := tenant.Sessions.Connect(t.Context(), "alice", phone(w, again, "i")); err != nil {
					t.Fatalf("%s, %s after request %d: %v", c.name, again, at, err)
				}
				told, closed := map[string]int{}, map[string]int{}
				for _, p := range w.Posts.Take() {
					if p.Closed {
						closed[p.Connection]++
					} else {
						told[p.Connection]++
					}
				}
				for _, d := range strings.Fields(c.goes) {
					if told[d] == 0 || closed[d] == 0 || (!s.dead && told[d] != 1) {
						t.Errorf("%s, %s after request %d: %s was told %d times and closed %d times", c.name, again, at, d, told[d], closed[d])
					}
				}
				session := slotsOf(t, w)
				if len(session.Leaving) > 0 || !session.Serves(again, w.Clock.Now()) {
					t.Errorf("%s, %s after request %d: slots %+v, leaving %+v", c.name, again, at, session.Devices, session.Leaving)
				}
				if err := tenant.Delivery.Flash(t.Context(), []sessions.Session{session}, delivery.Origin{}, delivery.Kick{}); err != nil {
					t.Fatal(err)
				}
				frames := 0
				for _, p := range w.Posts.Take() {
					if p.Connection == again {
						frames++
					}
				}
				if frames != 1 {
					t.Errorf("%s, %s after request %d: the new connection gets %d frames, want 1", c.name, again, at, frames)
				}
				if !s.dead {
					break
				}
			}
		}
	}
}

// TestSameInstallationAtOnce: of two connections of an installation the later one
// has the slot, in whatever order their calls run, also when the end of the
// earlier one comes anywhere between.
func TestSameInstallationAtOnce(t *testing.T) {
	for _, native := range []string{"1", "3"} {
		for _, what := range []string{"the later one meanwhile", "the end of the earlier one meanwhile"} {
			for at := range most {
				w, tenant := newScripted(t, "account alice\nset native "+native+"\n")
				link := func(n int64) sessions.Link {
					l := phone(w, fmt.Sprint("c", n), "i")
					l.Since = w.Clock.Now().UnixMilli() + n
					return l
				}
				connect := func(ctx context.Context, n int64) { _, _ = tenant.Sessions.Connect(ctx, "alice", link(n)) }
				s := &script{at: at}
				if what == "the later one meanwhile" {
					s.does = func(ctx context.Context) { connect(ctx, 2) }
					connect(s.in(t.Context()), 1)
				} else {
					s.does = func(ctx context.Context) {
						if _, err := tenant.Sessions.Disconnect(ctx, "alice", link(1), "closed"); err != nil {
							t.Error(err)
						}
					}
					connect(t.Context(), 1)
					connect(s.in(t.Context()), 2)
				}
				happened := s.n > at
				if !happened {
					s.does(t.Context())
				}
				session := slotsOf(t, w)
				if len(session.Devices) != 1 || session.Devices[0].Now.Connection != "c2" || len(session.Leaving) > 0 {
					t.Errorf("%s, request %d, limit %s: slots %+v, leaving %+v, want c2 alone", what, at, native, session.Devices, session.Leaving)
				}
				for _, p := range w.Posts.Take() {
					t.Errorf("%s, request %d, limit %s: %+v, but the installation is the same", what, at, native, p)
				}
				if !happened {
					break
				}
			}
		}
	}
}

// TestKickEndsAnywhere: a kick of the user's own device, and one of the account,
// that ends behind any request is made whole by its repeat; a repeat of one that
// did not end tells nobody again, and has the same answer.
func TestKickEndsAnywhere(t *testing.T) {
	for _, what := range []string{"own device", "account"} {
		for at := range most {
			w, tenant := newScripted(t, "account alice\nconnect alice Web w1\nconnect alice iPhone i1\n")
			kick := func(ctx context.Context) (kicked bool, err error) {
				if what == "account" {
					return true, tenant.Accounts.Ban(ctx, "alice", w.Clock.Now().Unix()+60)
				}
				kicked, _, err = tenant.Sessions.Kick(ctx, "alice", "w1", "kicked")
				return kicked, err
			}
			s := &script{at: at, dies: true}
			if _, err := kick(s.in(t.Context())); s.dead == (err == nil) {
				t.Errorf("%s, ended behind request %d: %v", what, at, err)
			}
			for range 2 {
				if kicked, err := kick(t.Context()); err != nil || !kicked {
					t.Errorf("%s after request %d: kicked %t, %v", what, at, kicked, err)
				}
			}
			var told, closed int
			for _, p := range w.Posts.Take() {
				if p.Connection == "alice/w1" && p.Closed {
					closed++
				} else if p.Connection == "alice/w1" {
					told++
				}
			}
			if told == 0 || closed == 0 || (!s.dead && told+closed > 2) {
				t.Errorf("%s after request %d: told %d times, closed %d times", what, at, told, closed)
			}
			if session := slotsOf(t, w); session.Serves("alice/w1", w.Clock.Now()) || len(session.Leaving) > 0 {
				t.Errorf("%s after request %d: slots %+v, leaving %+v", what, at, session.Devices, session.Leaving)
			}
			if !s.dead {
				break
			}
		}
	}
}
