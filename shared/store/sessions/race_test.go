package sessions_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"parley/infra/testkit"
	"parley/shared/app"
	"parley/shared/domain/accounts"
	"parley/shared/domain/apps"
	"parley/shared/domain/delivery"
	"parley/shared/domain/sessions"
	"parley/shared/dynamo"
)

// A script interrupts a call at one of its requests to the tables: another call runs
// before the request, or the call stops after it.
type script struct {
	at      int                   // the number of the request, from 0
	n       int                   // requests so far
	does    func(context.Context) // runs before the request
	stops   bool                  // the call stops after the request
	stopped bool
}

type scriptKey struct{}

func scriptOf(ctx context.Context) *script {
	s, _ := ctx.Value(scriptKey{}).(*script)
	return s
}

func (s *script) in(ctx context.Context) context.Context {
	return context.WithValue(ctx, scriptKey{}, s)
}

var errStopped = errors.New("the call has stopped")

func scripted(ctx context.Context, in any, next dynamo.Call) (any, error) {
	s := scriptOf(ctx)
	if s == nil {
		return next(ctx, in)
	}
	if s.stopped {
		return nil, errStopped
	}
	if s.n == s.at && s.does != nil {
		s.does(context.WithValue(ctx, scriptKey{}, (*script)(nil)))
	}
	out, err := next(ctx, in)
	if s.stops && s.n == s.at {
		s.stopped = true
		return nil, errStopped
	}
	s.n++
	return out, err
}

// poster is a Recorder that refuses the posts of a call that has stopped.
type poster struct{ *testkit.PostRecorder }

func (p poster) Post(ctx context.Context, connections []string, frame []byte) []error {
	if s := scriptOf(ctx); s != nil && s.stopped {
		return slices.Repeat([]error{errStopped}, len(connections))
	}
	return p.PostRecorder.Post(ctx, connections, frame)
}

func (p poster) Close(ctx context.Context, connection string) error {
	if s := scriptOf(ctx); s != nil && s.stopped {
		return errStopped
	}
	return p.PostRecorder.Close(ctx, connection)
}

// jobs is a queue that refuses the jobs of a call that has stopped.
type jobs struct{ *testkit.Jobs[delivery.Job] }

func (j jobs) Send(ctx context.Context, job delivery.Job, delay time.Duration) error {
	if s := scriptOf(ctx); s != nil && s.stopped {
		return errStopped
	}
	return j.Jobs.Send(ctx, job, delay)
}

func newScripted(t *testing.T, seed string) (*testkit.World, app.Tenant) {
	t.Helper()
	w := testkit.NewWorld(t, server, testkit.Options{})
	w.App = w.NewApp(func(p *app.Parts) {
		p.Store, p.Poster, p.Delivery = server.Store(scripted), poster{w.Posts}, jobs{w.Deliveries}
	})
	if err := w.Seed(t.Context(), seed); err != nil {
		t.Fatal(err)
	}
	w.Effects()
	return w, w.TenantWith(t, func(set *apps.Settings) { set.DeleteAllowed = true }, nil)
}

func phone(w *testkit.World, connection, instance string) sessions.Connection {
	return sessions.Connection{ID: connection, Instance: instance, Platform: "iPhone", Issued: w.Clock.Now()}
}

func sessionOf(t *testing.T, w *testkit.World) sessions.Session {
	t.Helper()
	list, err := w.Store.Sessions.Sessions(t.Context(), w.ID, []string{"alice"})
	if err != nil {
		t.Fatal(err)
	}
	return list[0]
}

// maxRequests is more requests than any call makes.
const maxRequests = 12

// A kick, a ban or a deletion runs at any point of a connect, or the connect at any point
// of it. In all cases no device is connected afterwards.
func TestConnectAndKickAtOnceLeaveNoDevice(t *testing.T) {
	for _, end := range []string{"kick", "ban", "delete"} {
		for _, interrupted := range []string{"connect", end} {
			for at := range maxRequests {
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
					connection := phone(w, "c", "i")
					if w.App.Callers.Admit(ctx, w.ID, accounts.Caller{ID: "alice", Issued: connection.Issued}) != nil {
						return // refused by the authorizer
					}
					_, err := tenant.Sessions.Connect(ctx, "alice", connection)
					opened = err == nil
				}
				s := &script{at: at, does: ends}
				if interrupted == "connect" {
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
				session := sessionOf(t, w)
				if len(session.Devices)+len(session.Leaving) > 0 || (opened && !closed) {
					t.Errorf("%s and connect, at request %d of %s: opened %t, closed %t, slots %+v, leaving %+v",
						end, at, interrupted, opened, closed, session.Devices, session.Leaving)
				}
				if !happened {
					break
				}
			}
		}
	}
}

// A connect can stop after any request. The repeat of the event, or another connect of the
// same installation, closes the devices that have lost their slots. Frames are posted to
// the new connection once.
func TestRepeatCompletesAConnectThatStopped(t *testing.T) {
	for _, c := range []struct{ name, seed, loses string }{
		{"one device in a place", "connect alice Android a1\n", "alice/a1"},
		{"several devices of a platform", "set native 2\nconnect alice iPhone a\nsleep 1s\nconnect alice iPhone b\nsleep 1s\n", "alice/a"},
		{"another platform takes the place", "set native 3\nconnect alice iPad a\nconnect alice iPad b\nsleep 1s\n", "alice/a alice/b"},
		{"a device from an earlier policy", "set policy multi\nconnect alice iPad a\nset policy dual\nsleep 1s\n", "alice/a"},
	} {
		for _, again := range []string{"c", "c-2"} {
			for at := range maxRequests {
				w, tenant := newScripted(t, "account alice\n"+c.seed)
				s := &script{at: at, stops: true}
				_, err := tenant.Sessions.Connect(s.in(t.Context()), "alice", phone(w, "c", "i"))
				if s.stopped == (err == nil) {
					t.Errorf("%s, stopped after request %d: %v", c.name, at, err)
				}
				w.Clock.Move(time.Second)
				if _, err := tenant.Sessions.Connect(t.Context(), "alice", phone(w, again, "i")); err != nil {
					t.Fatalf("%s, %s after request %d: %v", c.name, again, at, err)
				}
				posted, closed := map[string]int{}, map[string]int{}
				for _, p := range w.Posts.Take() {
					if p.Closed {
						closed[p.Connection]++
					} else {
						posted[p.Connection]++
					}
				}
				for _, d := range strings.Fields(c.loses) {
					if posted[d] == 0 || closed[d] == 0 || (!s.stopped && posted[d] != 1) {
						t.Errorf("%s, %s after request %d: %s got %d frames and was closed %d times", c.name, again, at, d, posted[d], closed[d])
					}
				}
				session := sessionOf(t, w)
				if len(session.Leaving) > 0 || !session.Serves(again, w.Clock.Now()) {
					t.Errorf("%s, %s after request %d: slots %+v, leaving %+v", c.name, again, at, session.Devices, session.Leaving)
				}
				if err := tenant.Delivery.DeliverBestEffort(t.Context(), []sessions.Session{session}, delivery.Origin{}, delivery.Kick{}); err != nil {
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
				if !s.stopped {
					break
				}
			}
		}
	}
}

// Of two connections of one installation, the one that was opened later has the slot, in
// whatever order their calls run, and even if the earlier one ends in between.
func TestLaterConnectionOfAnInstallationHasTheSlot(t *testing.T) {
	for _, native := range []string{"1", "3"} {
		for _, what := range []string{"the later one connects in between", "the earlier one ends in between"} {
			for at := range maxRequests {
				w, tenant := newScripted(t, "account alice\nset native "+native+"\n")
				connection := func(n int64) sessions.Connection {
					c := phone(w, fmt.Sprint("c", n), "i")
					c.OpenedAt = w.Clock.Now().UnixMilli() + n
					return c
				}
				connect := func(ctx context.Context, n int64) { _, _ = tenant.Sessions.Connect(ctx, "alice", connection(n)) }
				s := &script{at: at}
				if what == "the later one connects in between" {
					s.does = func(ctx context.Context) { connect(ctx, 2) }
					connect(s.in(t.Context()), 1)
				} else {
					s.does = func(ctx context.Context) {
						if _, err := tenant.Sessions.Disconnect(ctx, "alice", connection(1), "closed"); err != nil {
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
				session := sessionOf(t, w)
				if len(session.Devices) != 1 || session.Devices[0].Current.ID != "c2" || len(session.Leaving) > 0 {
					t.Errorf("%s, request %d, limit %s: slots %+v, leaving %+v, want only c2", what, at, native, session.Devices, session.Leaving)
				}
				for _, p := range w.Posts.Take() {
					t.Errorf("%s, request %d, limit %s: %+v, although the installation is the same", what, at, native, p)
				}
				if !happened {
					break
				}
			}
		}
	}
}

// A user kicks an own device, or an account is banned, and the call stops after any
// request. Its repeat completes it. The repeat of a call that did not stop has the same
// answer, and posts no frame again.
func TestRepeatCompletesAKickThatStopped(t *testing.T) {
	for _, what := range []string{"own device", "account"} {
		for at := range maxRequests {
			w, tenant := newScripted(t, "account alice\nconnect alice Web w1\nconnect alice iPhone i1\n")
			kick := func(ctx context.Context) (kicked bool, err error) {
				if what == "account" {
					return true, tenant.Accounts.Ban(ctx, "alice", w.Clock.Now().Unix()+60)
				}
				kicked, _, err = tenant.Sessions.Kick(ctx, "alice", "w1", "kicked")
				return kicked, err
			}
			s := &script{at: at, stops: true}
			if _, err := kick(s.in(t.Context())); s.stopped == (err == nil) {
				t.Errorf("%s, stopped after request %d: %v", what, at, err)
			}
			for range 2 {
				if kicked, err := kick(t.Context()); err != nil || !kicked {
					t.Errorf("%s after request %d: kicked %t, %v", what, at, kicked, err)
				}
			}
			var posted, closed int
			for _, p := range w.Posts.Take() {
				if p.Connection == "alice/w1" && p.Closed {
					closed++
				} else if p.Connection == "alice/w1" {
					posted++
				}
			}
			if posted == 0 || closed == 0 || (!s.stopped && posted+closed > 2) {
				t.Errorf("%s after request %d: %d frames, closed %d times", what, at, posted, closed)
			}
			if session := sessionOf(t, w); session.Serves("alice/w1", w.Clock.Now()) || len(session.Leaving) > 0 {
				t.Errorf("%s after request %d: slots %+v, leaving %+v", what, at, session.Devices, session.Leaving)
			}
			if !s.stopped {
				break
			}
		}
	}
}
