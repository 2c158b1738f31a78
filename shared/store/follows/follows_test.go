package follows_test

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"parley/infra/testkit"
	"parley/shared/domain/apps"
	"parley/shared/domain/follows"
	"parley/shared/fault"
)

// followers is a world with the users u1 ... un, who follow each other.
type followers struct {
	*testing.T
	w     *testkit.World
	users []string
}

func newFollowers(t *testing.T, n int) *followers {
	c := &followers{T: t, w: testkit.NewWorld(t, server, testkit.Options{})}
	if err := c.w.Seed(t.Context(), fmt.Sprintf("set follow\naccounts %d\n", n)); err != nil {
		t.Fatal(err)
	}
	for i := range n {
		c.users = append(c.users, fmt.Sprintf("u%d", i+1))
	}
	return c
}

func (c *followers) service() follows.Service { return c.w.Tenant(c.T).Follows }

func (c *followers) list(user string, kind follows.Kind) map[string]bool {
	c.Helper()
	page, err := c.service().List(c.Context(), user, kind, "", follows.MaxPage)
	if err != nil {
		c.Fatal(err)
	}
	set := make(map[string]bool)
	for _, f := range page.Follows {
		set[f.Peer] = true
	}
	return set
}

// checkFollows compares the lists of both users, the marks of mutual follows and the
// counts with each other, and returns the number of follows.
func (c *followers) checkFollows() (n int) {
	c.Helper()
	following := make(map[string]map[string]bool)
	for _, u := range c.users {
		following[u] = c.list(u, follows.Following)
		n += len(following[u])
	}
	counts, _, err := c.service().Counts(c.Context(), c.users[0], c.users)
	if err != nil {
		c.Fatal(err)
	}
	for i, u := range c.users {
		followers, mutual := c.list(u, follows.Followers), c.list(u, follows.Mutual)
		var want follows.Counts
		relations, _, err := c.service().Check(c.Context(), u, c.users)
		if err != nil {
			c.Fatal(err)
		}
		for j, peer := range c.users {
			forth, back := following[u][peer], following[peer][u]
			if back != followers[peer] {
				c.Errorf("%s has the follower %s: %t; the item of the follower exists: %t", u, peer, followers[peer], back)
			}
			if mutual[peer] != (forth && back) {
				c.Errorf("%s and %s are marked as mutual: %t, follow each other: %t, %t", u, peer, mutual[peer], forth, back)
			}
			if got := relations[j]; got != (follows.Relation{Follows: forth, Followed: back}) {
				c.Errorf("%s to %s: %+v, want %t, %t", u, peer, got, forth, back)
			}
			for n, yes := range map[*int64]bool{&want.Following: forth, &want.Followers: back, &want.Mutual: forth && back} {
				if yes {
					*n++
				}
			}
		}
		if counts[i] != want {
			c.Errorf("%s counts %+v, want %+v", u, counts[i], want)
		}
	}
	return n
}

// If two users follow each other at once, both follows are mutual.
func TestTwoFollowEachOtherAtOnce(t *testing.T) {
	c := newFollowers(t, 2)
	for round := range 10 {
		var both sync.WaitGroup
		for i := range 2 {
			both.Go(func() {
				if errs, err := c.service().Follow(t.Context(), c.users[i], c.users[1-i:2-i]); err != nil || errs[0] != nil {
					t.Errorf("follow: %v, %v", errs, err)
				}
			})
		}
		both.Wait()
		if n := c.checkFollows(); n != 2 {
			t.Fatalf("round %d: %d follows, want 2", round, n)
		}
		for i := range 2 {
			both.Go(func() {
				if errs, err := c.service().Unfollow(t.Context(), c.users[i], c.users[1-i:2-i]); err != nil || errs[0] != nil {
					t.Errorf("unfollow: %v, %v", errs, err)
				}
			})
		}
		both.Wait()
		if n := c.checkFollows(); n != 0 {
			t.Fatalf("round %d: %d follows, want 0", round, n)
		}
	}
}

// Users follow and unfollow each other at once, some of them twice. The items of both users
// agree at the end, and the counts are right.
func TestFollowAndUnfollowAtOnce(t *testing.T) {
	c := newFollowers(t, 4)
	var all sync.WaitGroup
	for worker := range 8 {
		random := rand.New(rand.NewPCG(uint64(worker), 1)) // a test
		all.Go(func() {
			for range 12 {
				from, to := c.users[random.IntN(4)], c.users[random.IntN(4)]
				do := c.service().Follow
				if random.IntN(3) == 0 {
					do = c.service().Unfollow
				}
				if errs, err := do(t.Context(), from, []string{to}); err != nil || (errs[0] != nil && from != to && !fault.Is(errs[0], fault.Conflict)) {
					t.Errorf("%s, %s: %v, %v", from, to, errs, err)
				}
			}
		})
	}
	all.Wait()
	if n := c.checkFollows(); n == 0 {
		t.Error("nobody follows anybody: the test shows nothing")
	}
}

// Of many follows at once, no more than the limit succeed.
func TestLimitHoldsForFollowsAtOnce(t *testing.T) {
	c := newFollowers(t, 6)
	s := c.w.TenantWith(t, func(set *apps.Settings) { set.Override.Following = 3 }, nil).Follows
	var all sync.WaitGroup
	errs := make([]error, 6)
	for i := 1; i < 6; i++ {
		all.Go(func() {
			list, err := s.Follow(t.Context(), "u1", c.users[i:i+1])
			if err != nil {
				t.Error(err)
				return
			}
			errs[i] = list[0]
		})
	}
	all.Wait()
	refused := 0
	for _, err := range errs {
		if fault.Is(err, fault.FollowLimit) {
			refused++
		} else if err != nil {
			t.Error(err)
		}
	}
	if n := c.checkFollows(); n != 3 || refused != 2 {
		t.Errorf("%d follow and %d are refused, want 3 and 2", n, refused)
	}
	for peer := range c.list("u1", follows.Following) { // a repeat is not past the limit
		if list, err := s.Follow(t.Context(), "u1", []string{peer}); err != nil || list[0] != nil {
			t.Errorf("a repeat at the limit: %v, %v", list, err)
		}
	}
}

// Forget removes the follows of a deleted user in both directions, page by page. The
// counts of the other users are right after each page.
func TestForgetRemovesFollowsOfBothDirections(t *testing.T) {
	c := newFollowers(t, 7)
	for _, line := range []string{"u1 u2", "u1 u3", "u1 u4", "u1 u5", "u1 u6", "u1 u7", "u2 u1", "u3 u1", "u2 u3"} {
		if err := c.w.Seed(t.Context(), "follow "+line); err != nil {
			t.Fatal(err)
		}
	}
	if n := c.checkFollows(); n != 9 {
		t.Fatalf("%d follows, want 9", n)
	}
	more := true
	for calls := 0; more; calls++ {
		var err error
		if more, err = c.service().RemoveData(t.Context(), "u1"); err != nil {
			t.Fatal(err)
		}
		c.checkFollows()
		if calls > 4 {
			t.Fatal("Forget does not end")
		}
	}
	if n := c.checkFollows(); n != 1 {
		t.Errorf("%d follows are left, want the one of u2", n)
	}
	if more, err := c.service().RemoveData(t.Context(), "u1"); more || err != nil {
		t.Errorf("a repeat: %t, %v", more, err)
	}
}
