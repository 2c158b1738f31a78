package groupdata_test

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"parley/infra/testkit"
	"parley/shared/domain/delivery"
	"parley/shared/domain/fanout"
	"parley/shared/domain/groupdata"
	"parley/shared/domain/groups"
	"parley/shared/fault"
	"parley/shared/parallel"
)

var server *testkit.Server

func TestMain(m *testing.M) { testkit.Main(m, &server) }

// rival writes attributes before each of the first so many writes of a call.
type rival struct {
	groupdata.Store
	writes int
}

func (r *rival) WriteAttributes(ctx context.Context, app int64, group string, u groupdata.AttributesUpdate) (bool, error) {
	if r.writes > 0 {
		r.writes--
		other := u
		other.Set = map[string]string{"rival": fmt.Sprint(r.writes)}
		other.Second, other.Writes = 0, 0
		if ok, err := r.Store.WriteAttributes(ctx, app, group, other); !ok || err != nil {
			return false, fmt.Errorf("the rival wrote: %t, %w", ok, err)
		}
	}
	return r.Store.WriteAttributes(ctx, app, group, u)
}

func newService(t *testing.T, seed string, rivals int) (*testkit.World, groupdata.Service) {
	t.Helper()
	w := testkit.NewWorld(t, server, testkit.Options{})
	if err := w.Seed(t.Context(), seed); err != nil {
		t.Fatal(err)
	}
	return w, groupdata.New(
		w.ID, groups.Settings{Counters: true}, &rival{w.Store.GroupData, rivals}, fanout.New(w.ID, w.Store.GroupChat, w.App.Delivery(w.ID), parallel.Goroutines{}), w.Clock,
	)
}

func application() groups.Actor { return groups.Actor{Application: true} }

// If another call writes first, the change is made of what that call has written. If other calls
// write first all the time, the call fails and has written nothing.
func TestChangeAfterAnother(t *testing.T) {
	for rivals, want := range map[int]struct {
		values map[string]string
		code   fault.Code
	}{
		3:   {map[string]string{"rival": "0", "round": "4"}, 0},
		100: {map[string]string{"rival": "80", "round": "3"}, fault.AttributeConflict},
	} {
		_, s := newService(t, "group chess public alice\ngroup-attributes chess round=3\n", rivals)
		_, err := s.SetAttributes(t.Context(), application(), "chess", map[string]string{"round": "4"}, false, delivery.Origin{})
		if (want.code == 0) != (err == nil) || (err != nil && !fault.Is(err, want.code)) {
			t.Errorf("%d others write first: %v", rivals, err)
		}
		found, err := s.Attributes(t.Context(), application(), "chess")
		if err != nil || !maps.Equal(found.Values, want.values) {
			t.Errorf("%d others write first: %v, %v, want %v", rivals, found.Values, err, want.values)
		}
	}
}

// Changes at the same time are all there, or are refused because they are too many in a second.
func TestChangesAtOnce(t *testing.T) {
	w, s := newService(t, "group chess public alice\n", 0)
	done := 0
	for i, err := range testkit.Together(12, func(i int) error {
		_, err := s.SetAttributes(t.Context(), application(), "chess", map[string]string{fmt.Sprint("k", i): "v"}, false, delivery.Origin{})
		return err
	}) {
		switch {
		case err == nil:
			done++
		case !fault.Is(err, fault.AttributeRate):
			t.Errorf("call %d: %v", i, err)
		}
	}
	found, err := s.Attributes(t.Context(), application(), "chess")
	if err != nil || done != groupdata.MaxAttributeRate || len(found.Values) != done {
		t.Errorf("%d changes and %d attributes, %v, want %d", done, len(found.Values), err, groupdata.MaxAttributeRate)
	}
	w.Clock.Move(-10 * time.Second) // the clock of another function is behind: it is still that second
	if _, err := s.ClearAttributes(t.Context(), application(), "chess", delivery.Origin{}); !fault.Is(err, fault.AttributeRate) {
		t.Errorf("a change more, %v", err)
	}
	w.Clock.Move(11 * time.Second)
	if version, err := s.ClearAttributes(t.Context(), application(), "chess", delivery.Origin{}); version != groupdata.MaxAttributeRate+1 || err != nil {
		t.Errorf("a change in the next second: version %d, %v", version, err)
	}
}

// Members read and change the data of a group, and nobody else does but the application. Nobody sees
// a group that is hidden until its first message, except its owner.
func TestRights(t *testing.T) {
	_, s := newService(t, "account carol\naccount bob\ngroup chess public alice\nmember chess bob\nhidden-group secret work alice\nmember secret bob\n", 0)
	set := func(user, group string) error {
		_, err := s.SetAttributes(t.Context(), groups.Actor{User: user, Application: user == ""}, group, map[string]string{"by-" + user: "1"}, false, delivery.Origin{})
		return err
	}
	verbs := map[string]func(user, group string) error{
		"set": set,
		"delete": func(user, group string) error {
			_, err := s.DeleteAttributes(t.Context(), groups.Actor{User: user, Application: user == ""}, group, []string{"none"}, delivery.Origin{})
			if fault.Is(err, fault.AttributeUnknown) {
				return nil
			}
			return err
		},
		"read": func(user, group string) error {
			_, err := s.Attributes(t.Context(), groups.Actor{User: user, Application: user == ""}, group)
			return err
		},
		"count": func(user, group string) error {
			u := groupdata.CountersUpdate{Add: true, Values: map[string]int64{"n": 1}}
			_, err := s.ChangeCounters(t.Context(), groups.Actor{User: user, Application: user == ""}, group, u, delivery.Origin{})
			return err
		},
		"read counters": func(user, group string) error {
			_, err := s.Counters(t.Context(), groups.Actor{User: user, Application: user == ""}, group, nil)
			return err
		},
		"delete counters": func(user, group string) error {
			return s.DeleteCounters(t.Context(), groups.Actor{User: user, Application: user == ""}, group, []string{"none"}, delivery.Origin{})
		},
	}
	for _, c := range []struct {
		user, group string
		want        fault.Code
	}{
		{"", "chess", 0}, {"alice", "chess", 0}, {"bob", "chess", 0}, {"carol", "chess", fault.MemberUnknown}, {"carol", "none", fault.GroupUnknown},
		{"", "secret", 0}, {"alice", "secret", 0}, {"bob", "secret", fault.NotPermitted}, {"", "none", fault.GroupUnknown},
		{"", strings.Repeat("x", 49), fault.GroupIDInvalid},
	} {
		for name, verb := range verbs {
			if err := verb(c.user, c.group); (c.want == 0) != (err == nil) || (err != nil && !fault.Is(err, c.want)) {
				t.Errorf("%s by %q in %s: %v, want %s", name, c.user, c.group, err, c.want)
			}
		}
	}
}

// An edition without counters has none.
func TestEditionWithoutCounters(t *testing.T) {
	w, _ := newService(t, "group chess public alice\n", 0)
	s := groupdata.New(w.ID, groups.Settings{}, w.Store.GroupData, fanout.Service{}, w.Clock)
	_, err := s.Counters(t.Context(), application(), "chess", nil)
	_, err2 := s.ChangeCounters(t.Context(), application(), "chess", groupdata.CountersUpdate{Values: map[string]int64{"n": 1}}, delivery.Origin{})
	for _, err := range []error{err, err2, s.DeleteCounters(t.Context(), application(), "chess", nil, delivery.Origin{})} {
		if !fault.Is(err, fault.AppLimit) {
			t.Errorf("%v, want %s", err, fault.AppLimit)
		}
	}
}
