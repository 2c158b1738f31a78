package apps_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"parley/infra/testkit"
	"parley/shared/domain/apps"
	"parley/shared/fault"
)

// memory is a Store of applications that counts reads.
type memory struct {
	apps.Store
	list   map[int64]apps.App
	reads  int
	strong int // how many of the reads were strong
	// secretReads counts the reads of secrets. The secret of key n of application a is
	// sealed for the purpose "app/a", or for the application that sealedFor has.
	secretReads int
	sealedFor   map[int64]int64
	err         error
}

func (m *memory) SealedSecrets(_ context.Context, id int64, numbers []int) (map[int][]byte, error) {
	m.secretReads++
	sealedFor := id
	if other, ok := m.sealedFor[id]; ok {
		sealedFor = other
	}
	sealed := make(map[int][]byte)
	for _, n := range numbers {
		sealed[n] = fmt.Appendf(nil, "app/%d|secret%d", sealedFor, n)
	}
	return sealed, m.err
}

func (m *memory) AppNow(ctx context.Context, id int64) (*apps.App, error) {
	m.strong++
	return m.App(ctx, id)
}

func (m *memory) App(_ context.Context, id int64) (*apps.App, error) {
	m.reads++
	a, ok := m.list[id]
	if m.err != nil || !ok {
		return nil, m.err
	}
	return &a, nil
}

// sealer is a Sealer without encryption that counts its calls.
type sealer struct {
	opens, seals int
	err          error
}

func (s *sealer) Seal(_ context.Context, purpose string, secret []byte) ([]byte, error) {
	s.seals++
	return []byte(purpose + "|" + string(secret)), s.err
}

func (s *sealer) Open(_ context.Context, purpose string, sealed []byte) ([]byte, error) {
	s.opens++
	secret, ok := bytes.CutPrefix(sealed, []byte(purpose+"|"))
	if !ok {
		return nil, fmt.Errorf("sealed for another purpose than %s", purpose)
	}
	return secret, s.err
}

func key(id int64, n int, until int64) apps.Key {
	return apps.Key{Number: n, Created: id, Until: until}
}

func newDirectory() (*memory, *sealer, *testkit.Clock, *apps.Directory) {
	c := testkit.NewClock(time.Unix(1_700_000_000, 0))
	now := c.Now().Unix()
	m := &memory{list: map[int64]apps.App{
		1: {ID: 1, Keys: []apps.Key{key(1, 1, 0)}, Admins: []string{"administrator"}},
		2: {ID: 2, Settings: apps.Settings{Disabled: true}, Keys: []apps.Key{key(2, 1, 0)}},
		3: {ID: 3, Keys: []apps.Key{key(3, 1, now)}},
		4: {ID: 4},
		// The keys are in the order in which DynamoDB returns them.
		5: {ID: 5, Keys: []apps.Key{key(5, 1, now-1), key(5, 10, 0), key(5, 11, now+1), key(5, 2, now), key(5, 9, now+3600)}},
		6: {ID: 6, Keys: []apps.Key{key(6, 1, 0)}},
	}, sealedFor: map[int64]int64{6: 1}}
	s := &sealer{}
	return m, s, c, apps.NewDirectory(m, s, c)
}

func TestFindOpenedReturnsSecretsInForce(t *testing.T) {
	_, _, _, d := newDirectory()
	for id, want := range map[int64]fault.Code{
		2: fault.AppDisabled, 3: fault.AppNoKey, 4: fault.AppNoKey, 6: fault.Internal, 7: fault.AppUnknown, 0: fault.AppUnknown,
		-1: fault.AppUnknown,
	} {
		for range 2 { // the second call may use the cache
			open, err := d.FindOpened(t.Context(), id)
			if err == nil || fault.Of(err).Code != want || open != nil {
				t.Errorf("FindOpened(%d) = %v, %v, want %s", id, open, err, want)
			}
		}
	}
	open, err := d.FindOpened(t.Context(), 1)
	if err != nil || open.ID != 1 || !open.IsAdmin("administrator") || !slices.Equal(open.Secrets, []string{"secret1"}) {
		t.Errorf("FindOpened(1) = %+v, %v", open, err)
	}
	open, err = d.FindOpened(t.Context(), 5)
	if want := []string{"secret11", "secret10", "secret9"}; err != nil || !slices.Equal(open.Secrets, want) {
		t.Errorf("FindOpened(5) has secrets %q, %v, want those in force, newest first: %q", open.Secrets, err, want)
	}
}

// TestReadsOnceAMinuteAndDecryptsOnce counts the reads and decryptions of one instance.
func TestReadsOnceAMinuteAndDecryptsOnce(t *testing.T) {
	m, s, c, d := newDirectory()
	find := func(id int64) {
		t.Helper()
		if _, err := d.FindOpened(t.Context(), id); fault.Of(err).Code == fault.Internal && err != nil {
			t.Fatal(err)
		}
	}
	counts := func(when string, reads, opens int) {
		t.Helper()
		if m.reads != reads || s.opens != opens {
			t.Errorf("%s: %d reads, %d decryptions, want %d, %d", when, m.reads, s.opens, reads, opens)
		}
	}
	for range 100 {
		find(1)
	}
	counts("a hundred calls at once", 1, 1)
	for range 59 {
		c.Move(time.Second)
		find(1)
	}
	c.Move(time.Second - 1)
	find(1)
	counts("within the minute", 1, 1)
	c.Move(1)
	find(1)
	find(1)
	counts("after it", 2, 1)
	find(5)
	counts("another application, with two keys in force", 3, 3)
	for range 10 {
		find(7)
		find(2)
		find(4)
	}
	counts("a disabled application is cached, one without a key or an unknown one is read each time", 3+10+1+10, 3)
	for range 60 { // an hour of calls, one a second
		for range 60 {
			c.Move(time.Second)
			find(1)
		}
	}
	counts("an hour of calls", 24+60, 3)
	if m.secretReads != 2 {
		t.Errorf("the secrets were read %d times, want 2: once for each application with a key in force", m.secretReads)
	}
}

// TestKnownCallersNeedNoSecret shows that Find reads no secret, and that what it has read
// serves a call with a signature.
func TestKnownCallersNeedNoSecret(t *testing.T) {
	m, s, _, d := newDirectory()
	for id, want := range map[int64]fault.Code{1: 0, 2: fault.AppDisabled, 3: fault.AppNoKey, 4: fault.AppNoKey, 7: fault.AppUnknown} {
		found, err := d.Find(t.Context(), id)
		if want == 0 && (err != nil || found.ID != id) || want != 0 && (!fault.Is(err, want) || found != nil) {
			t.Errorf("Find(%d) = %v, %v, want %s", id, found, err, want)
		}
	}
	if m.secretReads != 0 || s.opens != 0 {
		t.Errorf("%d reads of secrets, %d decryptions, want none", m.secretReads, s.opens)
	}
	reads := m.reads
	open, err := d.FindOpened(t.Context(), 1)
	if err != nil || !slices.Equal(open.Secrets, []string{"secret1"}) || m.reads != reads || m.secretReads != 1 {
		t.Errorf("FindOpened(1) = %v, %v after %d more reads and %d of secrets, want 0 and 1", open, err, m.reads-reads, m.secretReads)
	}
}

// TestOpenedSecretsAreBounded shows which secrets an instance opens again: that of a new
// key, that of a key with the same number that was made at another time (the table was
// restored from a backup), and none that ended and is in force again.
func TestOpenedSecretsAreBounded(t *testing.T) {
	m, s, c, d := newDirectory()
	opens := func(what string, want int, keys ...apps.Key) {
		t.Helper()
		a := m.list[1]
		a.Keys = keys
		m.list[1] = a
		c.Move(time.Minute)
		before := s.opens
		if _, err := d.FindOpened(t.Context(), 1); err != nil && !fault.Is(err, fault.AppNoKey) {
			t.Fatal(err)
		}
		if got := s.opens - before; got != want {
			t.Errorf("%s: %d decryptions, want %d", what, got, want)
		}
	}
	end := c.Now().Unix() + 150 // after the second minute
	first := apps.Key{Number: 1, Created: 1}
	opens("the first key", 1, first)
	first.Until = end
	opens("a second key, and an end of the first", 1, first, apps.Key{Number: 2, Created: 2})
	opens("the first key has ended", 0, first, apps.Key{Number: 2, Created: 2})
	first.Until = 0
	opens("its end was taken back: it was dropped", 1, first, apps.Key{Number: 2, Created: 2})
	opens("another second key", 1, first, apps.Key{Number: 2, Created: 3})
	opens("no key", 0)
	opens("the first key again", 1, first)
}

// TestRenewReadsOnceInFiveSeconds shows that Renew reads an application again, at most
// once in five seconds, and strongly.
func TestRenewReadsOnceInFiveSeconds(t *testing.T) {
	m, _, c, d := newDirectory()
	ask := func(what string, f func(context.Context, int64) (*apps.OpenedApp, error), reads, strong int, keys ...string) {
		t.Helper()
		open, err := f(t.Context(), 1)
		if err != nil || !slices.Equal(open.Secrets, keys) || m.reads != reads || m.strong != strong {
			t.Errorf("%s: %v, %v after %d reads, %d strong, want %q after %d, %d", what, open, err, m.reads, m.strong, keys, reads, strong)
		}
	}
	ask("the first call", d.FindOpened, 1, 0, "secret1")
	a := m.list[1]
	a.Keys = append(slices.Clone(a.Keys), key(1, 2, 0))
	m.list[1] = a
	ask("a call within five seconds that does not verify", d.Renew, 1, 0, "secret1")
	c.Move(5 * time.Second)
	ask("a call that verifies", d.FindOpened, 1, 0, "secret1")
	ask("a call that does not verify", d.Renew, 2, 1, "secret2", "secret1")
	ask("another call that does not verify", d.Renew, 2, 1, "secret2", "secret1")
	ask("a later call that verifies", d.FindOpened, 2, 1, "secret2", "secret1")
}

// TestChangesAreInForceAfterAMinute shows when an instance sees what the operator
// changes, and that an error of the store or of the sealer is not cached.
func TestChangesAreInForceAfterAMinute(t *testing.T) {
	m, s, c, d := newDirectory()
	if _, err := d.FindOpened(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	a := m.list[1]
	a.Keys = []apps.Key{key(1, 1, c.Now().Unix()+30), key(1, 2, 0)}
	m.list[1] = a
	if open, err := d.FindOpened(t.Context(), 1); err != nil || len(open.Secrets) != 1 {
		t.Errorf("at once: %v, %v", open, err)
	}
	c.Move(time.Minute)
	open, err := d.FindOpened(t.Context(), 1)
	if want := []string{"secret2"}; err != nil || !slices.Equal(open.Secrets, want) {
		t.Errorf("after a minute: %q, %v, want %q", open.Secrets, err, want)
	}
	m.list[8] = apps.App{ID: 8, Keys: []apps.Key{key(8, 1, 0)}}
	if _, err := d.FindOpened(t.Context(), 8); err != nil {
		t.Errorf("an application that was not read before: %v", err)
	}
	// An error is not cached, and applications in the cache are still found.
	m.err = errors.New("no table")
	if _, err := d.FindOpened(t.Context(), 9); !errors.Is(err, m.err) {
		t.Errorf("the store fails: %v, want %v", err, m.err)
	}
	if _, err := d.FindOpened(t.Context(), 1); err != nil {
		t.Errorf("an application in the cache: %v, want nil", err)
	}
	m.err = nil
	if _, err := d.FindOpened(t.Context(), 9); !fault.Is(err, fault.AppUnknown) {
		t.Errorf("the store works again: %v, want %s", err, fault.AppUnknown)
	}
	c.Move(time.Hour)
	s.err = errors.New("no key service")
	m.list[1] = apps.App{ID: 1, Keys: []apps.Key{key(1, 2, 0), key(1, 3, 0)}}
	_, err = d.FindOpened(t.Context(), 1)
	if !errors.Is(err, s.err) || strings.Contains(err.Error(), "secret2") {
		t.Errorf("decryption fails: %v, want %v", err, s.err)
	}
	s.err = nil
	if _, err := d.FindOpened(t.Context(), 1); err != nil {
		t.Errorf("decryption works again: %v", err)
	}
}

// TestNewApplicationIsFoundAtOnce shows that a caller who was just refused is served
// as soon as the application, or its key, exists.
func TestNewApplicationIsFoundAtOnce(t *testing.T) {
	m, _, _, d := newDirectory()
	for id, want := range map[int64]fault.Code{7: fault.AppUnknown, 4: fault.AppNoKey} {
		if _, err := d.FindOpened(t.Context(), id); !fault.Is(err, want) {
			t.Errorf("FindOpened(%d) = %v, want %s", id, err, want)
		}
		m.list[id] = apps.App{ID: id, Keys: []apps.Key{key(id, 1, 0)}}
		if _, err := d.FindOpened(t.Context(), id); err != nil {
			t.Errorf("FindOpened(%d) = %v, once there is a key", id, err)
		}
	}
}

// TestCacheIsBounded shows that calls for many applications do not fill the memory.
func TestCacheIsBounded(t *testing.T) {
	m, _, _, d := newDirectory()
	for id := range int64(5000) {
		m.list[100+id] = apps.App{ID: 100 + id, Keys: []apps.Key{key(100+id, 1, 0)}}
	}
	findAll := func() int {
		before := m.reads
		for id := range int64(5000) {
			if _, err := d.FindOpened(t.Context(), 100+id); err != nil {
				t.Fatal(err)
			}
		}
		return m.reads - before
	}
	if got := findAll(); got != 5000 {
		t.Errorf("%d reads of 5000 applications", got)
	}
	if got := findAll(); got < 4000 {
		t.Errorf("at least 4,000 must be read again, got %d: the directory caches too many", got)
	}
}
