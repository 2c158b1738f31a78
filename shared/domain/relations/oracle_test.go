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

// Facts are what is stored, in the model's own words: "F a b" is a's entry of b,
// with remark and lists; "R a b" a request of b to a; "B a b" a blocks b; "L a"
// the names of a's lists.
type facts map[string]string

func (f facts) has(kind, owner, peer string) bool {
	_, ok := f[kind+" "+owner+" "+peer]
	return ok
}

func (f facts) count(kind, owner string) (n int) {
	for what := range f {
		if strings.HasPrefix(what, kind+" "+owner+" ") {
			n++
		}
	}
	return n
}

func (f facts) table(owner string) map[string]string {
	out := make(map[string]string)
	for what, row := range f {
		if peer, ok := strings.CutPrefix(what, "F "+owner+" "); ok {
			out[peer] = row
		}
	}
	return out
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

	// set by the run of it
	committed bool
	want      []fault.Code
}

func (o *operation) String() string {
	return fmt.Sprintf("%s of %s: %v remark %q list %q %q both %t force %t", o.kind, o.owner, o.peers, o.remark, o.list, o.other, o.both, o.force)
}

// random makes a call up, of a user's own device or of the application's backend.
func (s *schedule) random(owner string, device bool) *operation {
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

// call runs an operation, now and then again where its answer is not known.
func (s *schedule) call(ctx context.Context, a *actor, o *operation) error {
	for again := s.calm; ; again = true {
		run := *o
		begun := s.shadow.seq
		var codes []fault.Code
		err := s.invoke(ctx, a, &run, run.String(), func(ctx context.Context) (err error) {
			codes, err = s.do(ctx, &run)
			return err
		})
		if err == nil {
			s.answered(&run, codes, begun)
			return nil
		}
		if fault.Of(err).Code.Ours() || fault.Is(err, fault.Conflict) {
			if s.stats["calls without an answer"]++; !s.calm && s.rng.IntN(2) == 0 {
				continue
			}
			if !run.single() {
				s.heal = append(s.heal, o)
			}
			return err
		}
		if run.single() {
			s.answered(&run, []fault.Code{fault.Of(err).Code}, begun)
		}
		if again && run.kind == "rename list" {
			s.unmoved = true
			s.stats["renames that could not go on"]++
		}
		return err
	}
}

// single tells whether all of a call is one write.
func (o *operation) single() bool {
	switch o.kind {
	case "delete all", "delete lists", "rename list", "add to list", "remove from list":
		return false
	}
	return true
}

// do is the call itself; it returns a code for each peer, or for the whole.
func (s *schedule) do(ctx context.Context, o *operation) (codes []fault.Code, err error) {
	var errs []error
	origin := delivery.Origin{}
	switch o.kind {
	case "add":
		asks := make([]relations.Ask, len(o.peers))
		for i, p := range o.peers {
			asks[i] = relations.Ask{To: p, Remark: o.remark, List: o.list}
		}
		errs, err = s.s.Add(ctx, o.owner, asks, relations.AddOptions{Both: o.both, Force: o.force})
	case "import":
		friends := make([]relations.Friend, len(o.peers))
		for i, p := range o.peers {
			friends[i] = relations.Friend{Peer: p, Remark: o.remark, Lists: []string{o.list}}
		}
		errs, err = s.s.Import(ctx, o.owner, friends, origin)
	case "update":
		changes := make([]relations.Change, len(o.peers))
		for i, p := range o.peers {
			changes[i] = relations.Change{Peer: p, Remark: &o.remark, Lists: &[]string{o.list}}
		}
		errs, err = s.s.Update(ctx, o.owner, changes, true, origin)
	case "delete":
		errs, err = s.s.Delete(ctx, o.owner, o.peers, o.both, origin)
	case "delete all":
		err = s.s.DeleteAll(ctx, o.owner, o.both, origin)
	case "block":
		errs, err = s.s.Block(ctx, o.owner, o.peers, origin)
	case "unblock":
		errs, err = s.s.Unblock(ctx, o.owner, o.peers, origin)
	case "accept":
		errs, err = []error{nil}, s.s.Accept(ctx, o.owner, o.peers[0], o.both, o.remark, origin)
	case "reject":
		errs, err = []error{nil}, s.s.Reject(ctx, o.owner, o.peers[0], origin)
	case "read":
		err = s.s.ReadRequests(ctx, o.owner, origin)
	case "create lists":
		errs = []error{nil}
		_, _, err = s.s.CreateLists(ctx, o.owner, []string{o.list, o.other}, nil, origin)
	case "delete lists":
		_, err = s.s.DeleteLists(ctx, o.owner, []string{o.list}, origin)
	case "rename list":
		_, err = s.s.RenameList(ctx, o.owner, o.list, o.other, origin)
	case "add to list":
		_, _, err = s.s.AddToList(ctx, o.owner, o.list, o.peers, origin)
	case "remove from list":
		_, _, err = s.s.RemoveFromList(ctx, o.owner, o.list, o.peers, origin)
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

// answered holds an answer against the model: that of the write, or of any moment
// of the call where nothing was to be written.
func (s *schedule) answered(o *operation, codes []fault.Code, begun int) {
	if !o.single() || o.kind == "read" {
		return
	}
	if o.committed {
		if !slices.Equal(codes, o.want) {
			s.problem("%v is answered %v, want %v", o, codes, o.want)
		}
		return
	}
	for seq := begun; seq <= s.shadow.seq; seq++ {
		after := maps.Clone(s.shadow.past[seq])
		if want := s.expect(after, o); maps.Equal(after, s.shadow.past[seq]) && slices.Equal(codes, want) {
			return
		}
	}
	s.problem("%v is answered %v without a write, which no moment of it explains", o, codes)
}

// expect changes facts as a call of one write has to, and returns its answer.
func (s *schedule) expect(f facts, o *operation) []fault.Code {
	before := maps.Clone(f)
	codes := make([]fault.Code, 0, len(o.peers))
	if o.kind == "create lists" {
		return []fault.Code{s.named(f, o.owner, o.list, o.other)}
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
	// granted gives the asker what the request said.
	granted := func(asker, asked, request string) {
		remark, list, _ := strings.Cut(request, "|")
		if s.named(f, asker, list) != 0 {
			list = ""
		}
		f["F "+asker+" "+asked] = remark + "|" + list
	}
	strange := func() fault.Code {
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
		if code := strange(); code != 0 {
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
			}
		}
		switch {
		case !friend && full(o.owner):
			return fault.FriendLimit
		case o.both && !back && full(peer):
			return fault.PeerFriendLimit
		case !friend && s.named(f, o.owner, o.list) != 0:
			return fault.ListLimit
		}
		if !friend {
			f["F "+mine] = o.remark + "|" + o.list
		}
		if o.both && !back {
			granted(peer, o.owner, request)
		}
		delete(f, "R "+theirs)
		if f.has("F", peer, o.owner) {
			delete(f, "R "+mine)
		}
	case "import":
		if code := strange(); code != 0 {
			return code
		}
		if !friend && full(o.owner) {
			return fault.FriendLimit
		}
		if s.named(f, o.owner, o.list) != 0 {
			return fault.ListLimit
		}
		f["F "+mine] = o.remark + "|" + o.list
	case "update":
		if !friend {
			return fault.NotFriend
		}
		if s.named(f, o.owner, o.list) != 0 {
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
			granted(peer, o.owner, request)
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

// named makes lists, all or none.
func (s *schedule) named(f facts, owner string, names ...string) fault.Code {
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

// step holds one write of an operation against what the operation may do.
func (s *schedule) step(o *operation, before, after facts) {
	if o.single() {
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
	for what := range mergedKeys(before, after) {
		row, had := before[what]
		now, has := after[what]
		if row == now && had == has {
			continue
		}
		words := strings.Fields(what)
		remark, in, _ := strings.Cut(row, "|")
		nowRemark, nowIn, _ := strings.Cut(now, "|")
		lists := split(in)
		ok := false
		switch {
		case o.kind == "delete all":
			ok = words[0] == "F" && !has && (words[1] == o.owner || o.both && words[2] == o.owner)
		case words[0] == "L" && words[1] == o.owner:
			names := split(row)
			if at := slices.Index(names, o.list); at >= 0 && o.kind == "delete lists" {
				ok = slices.Equal(slices.Delete(names, at, at+1), split(now))
			} else if at >= 0 && o.kind == "rename list" {
				names[at] = o.other
				ok = slices.Equal(names, split(now))
			}
		case words[0] == "F" && words[1] == o.owner && had && has && remark == nowRemark:
			standing := split(after["L "+o.owner])
			without := slices.DeleteFunc(slices.Clone(lists), func(name string) bool { return name == o.list })
			switch o.kind {
			case "add to list":
				lists = append(lists, o.list)
				ok = slices.Contains(standing, o.list)
			case "remove from list":
				lists, ok = without, true
			case "delete lists":
				lists, ok = without, !slices.Contains(standing, o.list)
			case "rename list":
				lists, ok = without, !slices.Contains(standing, o.list)
				if slices.Contains(standing, o.other) {
					lists = append(lists, o.other)
				}
			}
			ok = ok && slices.Equal(slices.Compact(slices.Sorted(slices.Values(lists))), split(nowIn))
		}
		if !ok {
			s.problem("%v makes %q of %q %q", o, now, what, row)
		}
	}
}

func mergedKeys(a, b facts) map[string]bool {
	out := make(map[string]bool, len(a))
	for k := range a {
		out[k] = true
	}
	for k := range b {
		out[k] = true
	}
	return out
}
