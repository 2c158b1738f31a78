package e2e

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// presence is the presence of a user, as the server says it.
type presence struct {
	User   string `json:"To_Account"`
	Status string `json:"Status"`
	LastMs int64  `json:"LastMs"`
	TimeMs int64  `json:"TimeMs"`
}

// TestPresence lets 200 users connect and disconnect at random, some without a close
// frame. After that, presence.get has the right status and time of every user, and the
// events that a watcher received end with the right status of every user.
func TestPresence(t *testing.T) {
	shared.failOnFault(t)
	const sockets, rounds = 200, 3
	users := make([]string, sockets)
	for i := range users {
		users[i] = fmt.Sprintf("user%03d", i)
	}
	a := newApp(t, shared.endpoints(), fields{"LoginPolicy": "multi", "Edition": "premium"}, append(users, "watcher")...)
	watcher := a.device(t, "watcher", "Web", "w")
	for start := 0; start < sockets; start += 100 {
		if err := watcher.call(deadline(t), "presence.subscribe", fields{"To_Account": users[start : start+100]}, nil); err != nil {
			t.Fatal(err)
		}
	}
	platforms := []string{"Android", "Web"}
	devices := make([]*device, sockets)
	left := make([]time.Time, sockets) // when the last connection of each user ended; zero: one is open
	work := make(chan int)
	var wait sync.WaitGroup
	n := seed(t)
	for worker := range 8 {
		wait.Go(func() {
			r := rand.New(rand.NewPCG(n, uint64(worker)))
			for i := range work {
				d := a.newDevice(users[i], platforms[i%2], "p")
				devices[i] = d
				for round := range rounds {
					if err := d.connect(deadline(t)); err != nil {
						t.Errorf("connect %s: %v", d, err)
						return
					}
					time.Sleep(time.Duration(r.IntN(50)) * time.Millisecond)
					if round == rounds-1 && i%4 < 2 {
						break // this user stays connected
					}
					left[i] = time.Now()
					if r.IntN(2) == 0 {
						d.cutConnection()
					} else {
						_ = d.conn.Close(websocket.StatusNormalClosure, "")
					}
					time.Sleep(time.Duration(r.IntN(50)) * time.Millisecond)
				}
				if i%4 < 2 {
					left[i] = time.Time{}
				}
			}
		})
	}
	for i := range sockets {
		work <- i
	}
	close(work)
	wait.Wait()
	t.Cleanup(func() {
		for _, d := range devices {
			if d != nil {
				d.cutConnection()
			}
		}
	})
	want := func(i int) string {
		switch {
		case left[i].IsZero():
			return "Online"
		case i%2 == 0:
			return "PushOnline"
		}
		return "Offline"
	}
	var wrong string
	eventually(t, "presence.get", func() bool {
		var out struct{ QueryResult []presence }
		if err := watcher.call(deadline(t), "presence.get", fields{"To_Account": users}, &out); err != nil {
			t.Fatal(err)
		}
		wrong = ""
		for i, s := range out.QueryResult {
			if s.User != users[i] || s.Status != want(i) {
				wrong = fmt.Sprintf("%+v, want %s", s, want(i))
			} else if !left[i].IsZero() && (s.LastMs < left[i].UnixMilli() || s.LastMs > time.Now().UnixMilli()) {
				wrong = fmt.Sprintf("%+v, left at %d", s, left[i].UnixMilli())
			} else if left[i].IsZero() && s.LastMs != 0 {
				wrong = fmt.Sprintf("%+v is online", s)
			}
		}
		return wrong == ""
	})
	if wrong != "" {
		t.Error(wrong)
	}
	checkEvents := func() (int, string) {
		newest := make(map[string]presence)
		events := watcher.events("presence.changed")
		for _, e := range events {
			var s presence
			if err := json.Unmarshal(e.Body, &s); err != nil {
				t.Fatal(err)
			}
			if s.TimeMs >= newest[s.User].TimeMs {
				newest[s.User] = s
			}
		}
		for i, u := range users {
			// There may be no event for a user who was offline at the start and is again.
			if got := newest[u].Status; got != want(i) && (got != "" || want(i) != "Offline") {
				return len(events), fmt.Sprintf("the last event of %s says %q, want %s", u, got, want(i))
			}
		}
		return len(events), ""
	}
	eventually(t, "the watcher has all events", func() bool { _, wrong = checkEvents(); return wrong == "" })
	count, wrong := checkEvents()
	t.Logf("seed %d: %d connections, %d events", n, sockets*rounds, count)
	if wrong != "" {
		t.Error(wrong)
	}
	if count > sockets*rounds {
		t.Errorf("%d events for %d connections", count, sockets*rounds)
	}
}
