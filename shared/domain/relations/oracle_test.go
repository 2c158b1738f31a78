package relations_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"parley/shared/domain/accounts"
	"parley/shared/domain/delivery"
	"parley/shared/domain/relations"
	"parley/shared/fault"
)

// The oracle is a second, simple implementation of the rules: it says what a call
// must answer and write. It knows what is stored as facts.

// The facts are what is stored, by short names: "F a b" is a's entry of the friend b,
// with remark and lists; "R a b" is a request of b to a; "B a b" says that a blocks b;
// "L a" has the names of a's lists.
type facts map[string]string

func (f facts) has(kind, owner, peer string) bool {
	_, ok := f[kind+" "+owner+" "+peer]
	return ok
}

func (f facts) count(kind, owner string) (n int) {
	for name := range f {
		if strings.HasPrefix(name, kind+" "+owner+" ") {
			n++
		}
	}
	return n
}

// table returns a friend table: remark and lists, by peer.
func (f facts) table(owner string) map[string]string {
	rows := make(map[string]string)
	for name, row := range f {
		if peer, ok := strings.CutPrefix(name, "F "+owner+" "); ok {
			rows[peer] = row
		}
	}
	return rows
}

func split(names string) []string {
	if names == "" {
		return nil
	}
	return strings.Split(names, ",")
}

// An operation is one call with its arguments.
type operation struct {
	kind        string
	owner       string
	peers       []string
	remark      string
	list, other string
	both, force bool

	// Set while the operation runs:
	committed bool         // it has written
	want      []fault.Code // what it must answer because of what it has written
}

func (o *operation) String() string {
	return fmt.Sprintf("%s of %s: %v remark %q list %q %q both %t force %t", o.kind, o.owner, o.peers, o.remark, o.list, o.other, o.both, o.force)
}

// randomOperation makes up a call of a user's device or of the application's backend.
func (s *schedule) randomOperation(owner string, device bool) *operation {
	kinds := []string{
		"add", "add", "add", "add", "delete", "block", "unblock", "update", "accept", "accept", "reject", "read",
		"create lists", "delete lists", "rename list", "add to list", "add to list", "remove from list",
	}
	if !device {
		kinds = []string{"add", "add", "import", "import", "update", "delete", "delete all", "block", "unblock", "create lists", "delete lists"}
	}
	o := &operation{
		kind: kinds[s.rng.IntN(len(kinds))], owner: owner, both: s.rng.IntN(3) > 0, force: !device && s.rng.IntN(2) == 0,
		remark: []string{"", "x", "y"}[s.rng.IntN(3)], list: []string{"home", "work", "club"}[s.rng.IntN(3)],
	}
	o.other = map[string]string{"home": "work", "work": "club", "club": "home"}[o.list]
	if o.kind == "add" && s.rng.IntN(2) == 0 {
		o.list = ""
	}
	for _, i := range s.rng.Perm(len(s.users)) {
		if s.users[i] != owner && len(o.peers) < 2 {
			o.peers = append(o.peers, s.users[i])
		}
	}
	if o.kind == "accept" || o.kind == "reject" || s.rng.IntN(2) == 0 {
		o.peers = o.peers[:1]
	}
	return o
}

// call runs an operation. If there is no answer, it repeats the operation now and
// then, as a client does.
func (s *schedule) call(ctx context.Context, a *actor, o *operation) error {
	for repeated := s.faultless; ; repeated = true {
		run := *o
		first := s.recording.writes
		var codes []fault.Code
		err := s.invoke(ctx, a, &run, run.String(), func(ctx context.Context) (err error) {
			codes, err = s.do(ctx, &run)
			return err
		})
		if err == nil {
			s.checkAnswer(&run, codes, first)
			return nil
		}
		if fault.Of(err).Code.Ours() || fault.Is(err, fault.Conflict) {
			if s.stats["calls without an answer"]++; !s.faultless && s.rng.IntN(2) == 0 {
				continue
			}
			if !run.isOneWrite() {
				s.unfinished = append(s.unfinished, o)
			}
			return err
		}
		if run.isOneWrite() {
			s.checkAnswer(&run, []fault.Code{fault.Of(err).Code}, first)
		}
		if repeated && run.kind == "rename list" {
			s.listVanished = true
			s.stats["renames that could not be completed"]++
		}
		return err
	}
}

// isOneWrite reports whether the call writes all its changes in one transaction.
func (o *operation) isOneWrite() bool {
	switch o.kind {
	case "delete all", "delete lists", "rename list", "add to list", "remove from list":
		return false
	}
	return true
}

// do makes the call. It returns a code for each peer, or one for the whole call.
func (s *schedule) do(ctx context.Context, o *operation) (codes []fault.Code, err error) {
	var errs []error
	origin := delivery.Origin{}
	switch o.kind {
	case "add":
		asks := make([]relations.NewFriend, len(o.peers))
		for i, p := range o.peers {
			asks[i] = relations.NewFriend{To: p, Remark: o.remark, List: o.list}
		}
		errs, err = s.service.AddFriends(ctx, o.owner, asks, relations.AddOptions{Both: o.both, Force: o.force})
	case "import":
		friends := make([]relations.Friend, len(o.peers))
		for i, p := range o.peers {
			friends[i] = relations.Friend{Peer: p, Remark: o.remark, Lists: []string{o.list}}
		}
		errs, err = s.service.ImportFriends(ctx, o.owner, friends, origin)
	case "update":
		changes := make([]relations.Mutation, len(o.peers))
		for i, p := range o.peers {
			changes[i] = relations.Mutation{Peer: p, Remark: &o.remark, Lists: &[]string{o.list}}
		}
		errs, err = s.service.UpdateFriends(ctx, o.owner, changes, true, origin)
	case "delete":
		errs, err = s.service.DeleteFriends(ctx, o.owner, o.peers, o.both, origin)
	case "delete all":
		err = s.service.DeleteAllFriends(ctx, o.owner, o.both, origin)
	case "block":
		errs, err = s.service.Block(ctx, o.owner, o.peers, origin)
	case "unblock":
		errs, err = s.service.Unblock(ctx, o.owner, o.peers, origin)
	case "accept":
		errs, err = []error{nil}, s.service.AcceptRequest(ctx, o.owner, o.peers[0], o.both, o.remark, origin)
	case "reject":
		errs, err = []error{nil}, s.service.RejectRequest(ctx, o.owner, o.peers[0], origin)
	case "read":
		err = s.service.MarkRequestsRead(ctx, o.owner, origin)
	case "create lists":
		errs = []error{nil}
		_, _, err = s.service.CreateLists(ctx, o.owner, []string{o.list, o.other}, nil, origin)
	case "delete lists":
		_, err = s.service.DeleteLists(ctx, o.owner, []string{o.list}, origin)
	case "rename list":
		_, err = s.service.RenameList(ctx, o.owner, o.list, o.other, origin)
	case "add to list":
		_, _, err = s.service.AddToList(ctx, o.owner, o.list, o.peers, origin)
	case "remove from list":
		_, _, err = s.service.RemoveFromList(ctx, o.owner, o.list, o.peers, origin)
	}
	for _, e := range errs {
		if e == nil {
			codes = append(codes, 0)
		} else {
			codes = append(codes, fault.Of(e).Code)
		}
	}
	return codes, err
}

// checkAnswer checks the answer of a call; first is the last write before the call. A
// call that has written must answer what the oracle expects of that write. Any other
// call must answer what the oracle expects at some moment of the call, at which there
// was nothing to write.
func (s *schedule) checkAnswer(o *operation, codes []fault.Code, first int) {
	if !o.isOneWrite() || o.kind == "read" {
		return
	}
	if o.committed {
		if !slices.Equal(codes, o.want) {
			s.problem("%v is answered %v, want %v", o, codes, o.want)
		}
		return
	}
	for write := first; write <= s.recording.writes; write++ {
		after := maps.Clone(s.recording.facts[write])
		if want := s.expect(after, o); maps.Equal(after, s.recording.facts[write]) && slices.Equal(codes, want) {
			return
		}
	}
	s.problem("%v is answered %v without a write, which is right at no moment of the call", o, codes)
}

// expect changes facts as a call that is one write must change them, and returns the
// answer of the call.
func (s *schedule) expect(f facts, o *operation) []fault.Code {
	before := maps.Clone(f)
	codes := make([]fault.Code, 0, len(o.peers))
	if o.kind == "create lists" {
		return []fault.Code{s.createLists(f, o.owner, o.list, o.other)}
	}
	for _, peer := range o.peers {
		codes = append(codes, s.expectOne(f, o, peer))
	}
	if o.kind == "accept" && codes[0] != 0 { // all or nothing
		clear(f)
		maps.Copy(f, before)
	}
	return codes
}

func (s *schedule) expectOne(f facts, o *operation, peer string) fault.Code {
	mine, theirs := o.owner+" "+peer, peer+" "+o.owner
	_, friend := f["F "+mine]
	full := func(user string) bool { return f.count("F", user) >= s.limits.Friends }
	// grant gives the asker the entry that the request describes.
	grant := func(asker, asked, request string) {
		remark, list, _ := strings.Cut(request, "|")
		if s.createLists(f, asker, list) != 0 {
			list = ""
		}
		f["F "+asker+" "+asked] = remark + "|" + list
	}
	blocked := func() fault.Code {
		switch {
		case f.has("B", o.owner, peer):
			return fault.BlocksPeer
		case f.has("B", peer, o.owner):
			return fault.BlockedByPeer
		}
		return 0
	}
	switch o.kind {
	case "add":
		back := f.has("F", peer, o.owner)
		if friend && (back || !o.both) {
			return fault.AlreadyFriends
		}
		if code := blocked(); code != 0 {
			return code
		}
		request, asked := f["R "+mine]
		if !o.force && !asked {
			switch s.allow[peer] {
			case accounts.DenyAny:
				return fault.RequestsDenied
			case accounts.NeedConfirm:
				if !f.has("R", peer, o.owner) && f.count("R", peer) >= s.limits.Requests {
					return fault.RequestLimit
				}
				f["R "+theirs] = o.remark + "|" + o.list
				return fault.RequestPending
			case accounts.AllowAny:
			}
		}
		switch {
		case !friend && full(o.owner):
			return fault.FriendLimit
		case o.both && !back && full(peer):
			return fault.PeerFriendLimit
		case !friend && s.createLists(f, o.owner, o.list) != 0:
			return fault.ListLimit
		}
		if !friend {
			f["F "+mine] = o.remark + "|" + o.list
		}
		if o.both && !back {
			grant(peer, o.owner, request)
		}
		delete(f, "R "+theirs)
		if f.has("F", peer, o.owner) {
			delete(f, "R "+mine)
		}
	case "import":
		if code := blocked(); code != 0 {
			return code
		}
		if !friend && full(o.owner) {
			return fault.FriendLimit
		}
		if s.createLists(f, o.owner, o.list) != 0 {
			return fault.ListLimit
		}
		f["F "+mine] = o.remark + "|" + o.list
	case "update":
		if !friend {
			return fault.NotFriend
		}
		if s.createLists(f, o.owner, o.list) != 0 {
			return fault.ListLimit
		}
		f["F "+mine] = o.remark + "|" + o.list
	case "delete":
		if !friend {
			return fault.NotFriend
		}
		delete(f, "F "+mine)
		if o.both {
			delete(f, "F "+theirs)
		}
	case "block":
		if f.has("B", o.owner, peer) {
			return fault.AlreadyBlocked
		}
		if f.count("B", o.owner) >= s.limits.Blocked {
			return fault.BlockLimit
		}
		f["B "+mine] = ""
		for _, kind := range []string{"F ", "R "} {
			delete(f, kind+mine)
			delete(f, kind+theirs)
		}
	case "unblock":
		if !f.has("B", o.owner, peer) {
			return fault.NotBlocked
		}
		delete(f, "B "+mine)
	case "accept":
		request, asked := f["R "+mine]
		switch {
		case !asked:
			return fault.RequestUnknown
		case !f.has("F", peer, o.owner) && full(peer):
			return fault.PeerFriendLimit
		case o.both && !friend && full(o.owner):
			return fault.FriendLimit
		}
		if !f.has("F", peer, o.owner) {
			grant(peer, o.owner, request)
		}
		delete(f, "R "+mine)
		if o.both && !friend {
			f["F "+mine] = o.remark + "|"
			delete(f, "R "+theirs)
		}
	case "reject":
		if !f.has("R", o.owner, peer) {
			return fault.RequestUnknown
		}
		delete(f, "R "+mine)
	}
	return 0
}

// createLists adds those of the named lists that do not exist, all or none.
func (s *schedule) createLists(f facts, owner string, names ...string) fault.Code {
	list := split(f["L "+owner])
	for _, name := range names {
		if name != "" && !slices.Contains(list, name) {
			list = append(list, name)
		}
	}
	if len(list) > s.limits.Lists {
		return fault.ListLimit
	}
	if len(list) > 0 {
		f["L "+owner] = strings.Join(list, ",")
	}
	return 0
}

// checkWrite checks one write of an operation. If the operation is one write, the
// oracle says all that it writes. Else each change must be one that the operation may
// make.
func (s *schedule) checkWrite(o *operation, before, after facts) {
	if o.isOneWrite() {
		want := maps.Clone(before)
		o.want = s.expect(want, o)
		if o.committed {
			s.problem("%v writes twice", o)
		}
		if o.committed = true; !maps.Equal(after, want) {
			s.problem("%v makes %v of %v, want %v", o, after, before, want)
		}
		return
	}
	for fact := range mergedKeys(before, after) {
		row, existed := before[fact]
		now, exists := after[fact]
		if row == now && existed == exists {
			continue
		}
		words := strings.Fields(fact)
		remark, in, _ := strings.Cut(row, "|")
		nowRemark, nowIn, _ := strings.Cut(now, "|")
		lists := split(in)
		ok := false
		switch {
		case o.kind == "delete all":
			ok = words[0] == "F" && !exists && (words[1] == o.owner || o.both && words[2] == o.owner)
		case words[0] == "L" && words[1] == o.owner:
			names := split(row)
			if at := slices.Index(names, o.list); at >= 0 && o.kind == "delete lists" {
				ok = slices.Equal(slices.Delete(names, at, at+1), split(now))
			} else if at >= 0 && o.kind == "rename list" {
				names[at] = o.other
				ok = slices.Equal(names, split(now))
			}
		case words[0] == "F" && words[1] == o.owner && existed && exists && remark == nowRemark:
			existing := split(after["L "+o.owner])
			without := slices.DeleteFunc(slices.Clone(lists), func(name string) bool { return name == o.list })
			switch o.kind {
			case "add to list":
				lists = append(lists, o.list)
				ok = slices.Contains(existing, o.list)
			case "remove from list":
				lists, ok = without, true
			case "delete lists":
				lists, ok = without, !slices.Contains(existing, o.list)
			case "rename list":
				lists, ok = without, !slices.Contains(existing, o.list)
				if slices.Contains(existing, o.other) {
					lists = append(lists, o.other)
				}
			}
			ok = ok && slices.Equal(slices.Compact(slices.Sorted(slices.Values(lists))), split(nowIn))
		}
		if !ok {
			s.problem("%v makes %q of %q %q", o, now, fact, row)
		}
	}
}

func mergedKeys(a, b facts) map[string]bool {
	keys := make(map[string]bool, len(a))
	for k := range a {
		keys[k] = true
	}
	for k := range b {
		keys[k] = true
	}
	return keys
}
