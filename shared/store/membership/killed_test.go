package membership_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"parley/infra/testkit"
	"parley/shared/app"
	"parley/shared/domain/accounts"
	"parley/shared/domain/apps"
	"parley/shared/domain/chat"
	"parley/shared/domain/groups"
	domain "parley/shared/domain/membership"
	"parley/shared/fault"
)

// killedQueue is a queue of a function that can be killed.
type killedQueue[Job any] struct {
	kill *testkit.Interruption
	jobs *testkit.Jobs[Job]
}

func (q killedQueue[Job]) Send(ctx context.Context, j Job, delay time.Duration) error {
	return q.kill.Call("SendMessage", func() error { return q.jobs.Send(ctx, j, delay) })
}

// A killedWorld is a world whose functions die at one call to AWS.
type killedWorld struct {
	world
	kill     *testkit.Interruption
	tenant   app.Tenant                         // its functions die
	removals []testkit.Queued[accounts.Removal] // jobs in the queue
	groups   []testkit.Queued[groups.Removal]   // jobs in the queue
}

func newKilledWorld(t *testing.T, c memberChange, seed string, kill *testkit.Interruption) *killedWorld {
	w := &killedWorld{world: newWorld(t, seed+c.seed), kill: kill}
	w.Effects()
	w.tenant = w.TenantWith(t, func(s *apps.Settings) {
		if c.deletes {
			s.Edition = apps.Developer
		}
	}, func(p *app.Parts) {
		p.Store = server.Store(kill.DynamoDB)
		p.Removal = killedQueue[accounts.Removal]{kill, w.RemovalJobs}
		p.Groups = killedQueue[groups.Removal]{kill, w.GroupJobs}
	})
	return w
}

// work does the jobs in the queues. A job stays in its queue until a call of the worker succeeds.
func (w *killedWorld) work() error {
	for {
		w.removals, w.groups = append(w.removals, w.RemovalJobs.Take()...), append(w.groups, w.GroupJobs.Take()...)
		switch {
		case len(w.removals) > 0:
			w.Clock.Move(w.removals[0].Delay)
			if err := w.tenant.Accounts.Sweep(w.Context(), w.removals[0].Job); err != nil {
				return err
			}
			w.removals = w.removals[1:]
		case len(w.groups) > 0:
			w.Clock.Move(w.groups[0].Delay)
			if err := w.tenant.Groups.ContinueRemoval(w.Context(), w.groups[0].Job); err != nil {
				return err
			}
			w.groups = w.groups[1:]
		default:
			return nil
		}
	}
}

// A memberChange is a change of the members of the group "g".
type memberChange struct {
	name string
	seed string // besides the accounts
	// run makes the change, and does its jobs. If it dies, it is called again.
	run func(w *killedWorld) error
	// again is what a repeat fails with if the first call has done all; 0: it succeeds.
	again   fault.Code
	want    string // the members after the change, with their roles; empty: there is no group
	deletes bool   // an account is deleted: only some editions allow that
}

const (
	killedUsers = 36 // users who join or leave at once: more than one transaction takes
	threeOf     = "group g public ann\nmember g bob cid\n"
	three       = "ann:400 bob:200 cid:200"
)

// crowd returns the users who join or leave at once.
func crowd() []string {
	list := make([]string, killedUsers)
	for i := range list {
		list[i] = fmt.Sprintf("u%02d", i)
	}
	return list
}

// and returns members and the crowd with a role.
func and(members string, r groups.Role) string {
	list := strings.Fields(members)
	for _, user := range crowd() {
		list = append(list, fmt.Sprint(user, ":", int(r)))
	}
	return strings.Join(list, " ")
}

func memberChanges() []memberChange {
	backend, admin := groups.Actor{Application: true}, groups.Admin
	crowded := threeOf + "member g " + strings.Join(crowd(), " ") + "\n"
	return []memberChange{
		{"create", "", func(w *killedWorld) error {
			n := groups.NewGroup{Prefix: "@", Group: groups.Group{ID: "g", Type: groups.Public, Name: "g", Owner: "ann"}}
			for _, user := range crowd() {
				n.Members = append(n.Members, groups.NewMember{User: user, Role: groups.Member})
			}
			_, err := w.tenant.Groups.Create(w.Context(), backend, n)
			if fault.Is(err, fault.GroupIDOwned) { // an earlier call has created it
				_, err = w.tenant.Members.Add(w.Context(), backend, "g", crowd(), false)
			}
			return err
		}, 0, and("ann:400", groups.Member), false},
		{"add", threeOf, func(w *killedWorld) error {
			_, err := w.tenant.Members.Add(w.Context(), backend, "g", crowd(), false)
			return err
		}, 0, and(three, groups.Member), false},
		{"import", threeOf, func(w *killedWorld) error {
			var list []domain.Import
			for _, user := range crowd() {
				list = append(list, domain.Import{User: user, Role: groups.Admin})
			}
			_, err := w.tenant.Members.Import(w.Context(), "g", list)
			return err
		}, 0, and(three, groups.Admin), false},
		{"join", threeOf + "join-option g free\n", func(w *killedWorld) error {
			_, err := w.tenant.Members.Apply(w.Context(), "dan", "g", "")
			return err
		}, fault.AlreadyMember, three + " dan:200", false},
		{"approve", threeOf + "join-option g confirm\njoin-request g dan\n", func(w *killedWorld) error {
			return w.tenant.Members.AnswerRequest(w.Context(), groups.Actor{User: "ann"}, domain.AnswerToRequest{Group: "g", User: "dan", Accept: true})
		}, fault.RequestHandled, three + " dan:200", false},
		{"leave", threeOf, func(w *killedWorld) error {
			return w.tenant.Members.Leave(w.Context(), "g", "cid")
		}, fault.MemberUnknown, "ann:400 bob:200", false},
		{"remove", crowded, func(w *killedWorld) error {
			return w.tenant.Members.Remove(w.Context(), backend, domain.Removal{Group: "g", Users: crowd()})
		}, 0, three, false},
		{"transfer", threeOf, func(w *killedWorld) error {
			return w.tenant.Members.Transfer(w.Context(), groups.Actor{User: "ann"}, "g", "bob")
		}, fault.NotPermitted, "ann:200 bob:400 cid:200", false},
		{"set role", threeOf, func(w *killedWorld) error {
			return w.tenant.Members.Update(w.Context(), backend, "g", "cid", domain.Update{Role: &admin})
		}, 0, "ann:400 bob:200 cid:300", false},
		{"destroy", crowded, func(w *killedWorld) error {
			return errors.Join(w.tenant.Groups.Destroy(w.Context(), backend, "g"), w.work())
		}, fault.GroupUnknown, "", false},
		{"delete account", threeOf, func(w *killedWorld) error {
			_, err := w.tenant.Accounts.Delete(w.Context(), []string{"bob"})
			return errors.Join(err, w.work())
		}, 0, "ann:400 cid:200", true},
		{"delete account of owner", threeOf, func(w *killedWorld) error {
			_, err := w.tenant.Accounts.Delete(w.Context(), []string{"ann"})
			return errors.Join(err, w.work())
		}, 0, "bob:200 cid:200", true},
	}
}

// TestKilledChangesOfMembers kills the function that changes the members of a group after each of
// its writes. At no time a user is a member in one place only, and a repeat completes the change.
func TestKilledChangesOfMembers(t *testing.T) {
	for _, c := range memberChanges() {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			users := []string{"ann", "bob", "cid", "dan"}
			seed := "account " + strings.Join(users, "\naccount ") + "\n"
			if strings.Contains(c.seed+c.want, "u00") {
				seed += "account " + strings.Join(crowd(), "\naccount ") + "\n"
				// Those of the crowd who are members are checked, too.
				users = append(users, crowd()[0], crowd()[killedUsers-1])
			}
			none := &testkit.Interruption{}
			w := newKilledWorld(t, c, seed, none)
			if err := c.run(w); err != nil {
				t.Fatal(err)
			}
			if got := w.check(users); got != sorted(c.want) {
				t.Fatalf("the members are %q, want %q", got, c.want)
			}
			writes := 0
			for i, name := range none.Calls() {
				if name == "GetItem" || name == "BatchGetItem" || name == "Query" {
					continue
				}
				writes++
				w := newKilledWorld(t, c, seed, &testkit.Interruption{At: i + 1, After: true})
				_ = c.run(w)
				if !w.kill.Killed() {
					t.Errorf("no function died at call %d, %s", i+1, name)
				}
				w.kill.Restart()
				dead := w.check(users)
				if err := c.run(w); err != nil && !fault.Is(err, c.again) {
					t.Errorf("killed after call %d, %s, the members were %q: the repeat: %v", i+1, name, dead, err)
				}
				if got := w.check(users); got != sorted(c.want) {
					t.Errorf("killed after call %d, %s: the members are %q after the repeat, want %q", i+1, name, got, c.want)
				}
				if list, err := w.tenant.Members.PendingOf(t.Context(), "ann"); err != nil || len(list) > 0 {
					t.Errorf("killed after call %d, %s: requests that wait for an answer: %v, %v", i+1, name, list, err)
				}
			}
			t.Logf("%d calls, %d writes", len(none.Calls()), writes)
		})
	}
}

func sorted(members string) string {
	list := strings.Fields(members)
	slices.Sort(list)
	return strings.Join(list, " ")
}

// check returns the members of the group with their roles, after checking that all reads agree about
// them: the members, the roles, the groups of each user, and the list of conversations.
func (w *killedWorld) check(users []string) string {
	w.Helper()
	ctx, tenant := w.Context(), w.Tenant(w)
	profiles, errs, err := tenant.Groups.Get(ctx, []string{"g"})
	if err != nil {
		w.Fatal(err)
	}
	exists := errs[0] == nil
	found := make(map[string]domain.Member)
	if exists {
		living, err := accounts.Living(ctx, w.Store.Accounts, w.ID, users)
		if err != nil {
			w.Fatal(err)
		}
		found = w.members(slices.Collect(maps.Keys(living))...)
		list, count, err := tenant.Members.Members(ctx, groups.Actor{Application: true}, "g", domain.Query{})
		if err != nil || count != len(list) || len(list) != len(found) || profiles[0].Members != count {
			w.Errorf("%d members are listed, %v, want %d; the profile says %d", len(list), err, len(found), profiles[0].Members)
		}
		roles, err := tenant.Members.Roles(ctx, "g", users)
		if err != nil {
			w.Fatal(err)
		}
		for i, user := range users {
			if roles[i] != found[user].Role {
				w.Errorf("%s has the role %d, want %d", user, roles[i], found[user].Role)
			}
		}
	}
	for _, user := range users {
		role := found[user].Role
		stored, err := w.Store.Members.JoinedBy(ctx, w.ID, user)
		if err != nil || (exists && stored["g"].Role != role) {
			w.Errorf("%s with the role %d has the row %+v, %v", user, role, stored["g"], err)
		}
		joined, _, err := tenant.Members.JoinedBy(ctx, user, domain.JoinedQuery{})
		if fault.Is(err, fault.AccountUnknown) {
			continue // the account is deleted
		}
		if err != nil || (len(joined) == 1) != (role != groups.NotMember) {
			w.Errorf("%s with the role %d has the groups %+v, %v", user, role, joined, err)
		}
		rows, err := tenant.Inbox.ListAll(ctx, user)
		if err != nil {
			w.Fatal(err)
		}
		for _, r := range rows {
			if r.Chat == chat.OfGroup("g") && r.Role() != role {
				w.Errorf("%s with the role %d has the conversation %+v", user, role, r)
			}
		}
	}
	var list []string
	for user, m := range found {
		list = append(list, fmt.Sprint(user, ":", int(m.Role)))
	}
	slices.Sort(list)
	return strings.Join(list, " ")
}
