package membership

import (
	"context"
	"slices"
	"time"
	"unicode/utf8"

	"parley/shared/domain/accounts"
	"parley/shared/domain/groups"
	"parley/shared/fault"
)

// A Request waits for somebody's answer: a user asks to join a group, or is invited to it. A user
// has at most one in a group; a later one replaces it.
type Request struct {
	Group, User string
	Kind        RequestKind
	By          string // who invited the user
	Text        string // what the user who asks or invites says
	TimeMs      int64  // when it was made
	Answer      Answer
}

// A RequestKind says who answers a Request.
type RequestKind int

// The kinds of requests.
const (
	Asking   RequestKind = 1 // the user asks to join: the owner or an admin answers
	Proposed RequestKind = 2 // a member invites the user: the owner or an admin answers
	Invited  RequestKind = 3 // the user is invited, and answers
)

// MaxRequestText is how many bytes the text of a request or an answer has at most.
const MaxRequestText = 300

// An Answer is what became of a Request.
type Answer int

// The answers.
const (
	Unanswered Answer = 0
	Accepted   Answer = 1
	Refused    Answer = 2
)

const (
	// RequestLife is how long a request can be answered.
	RequestLife = 7 * 24 * time.Hour
	// MaxPending is how many requests a user is shown, the newest (docs/spec/tencent §17.0).
	MaxPending = 50
	// maxDeciders is how many admins are notified of a request, besides the owner: those who have been
	// members longest.
	maxDeciders = 50
)

// RequestStore stores requests.
type RequestStore interface {
	// PutRequest stores a request until expires (Unix seconds), in place of another one of the user, and
	// lists it for those who may answer it.
	PutRequest(ctx context.Context, app int64, r Request, deciders []string, expires int64) error
	// Request reads the request of a user, strongly; nil if there is none, or if it has expired.
	Request(ctx context.Context, app int64, group, user string, now int64) (*Request, error)
	// Pending returns the unanswered requests that are listed for a user, the newest first, at most
	// limit.
	Pending(ctx context.Context, app int64, user string, limit int, now int64) ([]Request, error)
	// CountListed returns how many requests are listed for a user, at most limit. Those of groups that
	// do not exist any more are among them.
	CountListed(ctx context.Context, app int64, user string, limit int, now int64) (int, error)
	// Refuse writes that a request is refused. It returns false if it is not as it was read.
	Refuse(ctx context.Context, app int64, r Request, by string) (bool, error)
	// RemoveListed removes a page of the list of a user whose account is deleted, and the invitations of
	// the user in it.
	RemoveListed(ctx context.Context, app int64, user string) (more bool, err error)
	// Unlist takes a request out of the lists of those who might have answered it.
	Unlist(ctx context.Context, app int64, r Request, deciders []string) error
}

// Apply makes a user a member of a group, or stores the request of the user to join it, as the join
// option of the group says. The owner and the admins are notified of a request.
//
// It fails with NotPermitted if nobody may ask to join, and with AlreadyMember.
func (s Service) Apply(ctx context.Context, user, group, text string) (Result, error) {
	if err := checkText(text); err != nil {
		return Failed, err
	}
	g, err := s.find(ctx, group)
	if err != nil {
		return Failed, err
	}
	role, err := s.RoleOf(ctx, group, user)
	switch {
	case err != nil:
		return Failed, err
	case role >= groups.Member:
		return Already, fault.New(fault.AlreadyMember, "the user is a member already")
	}
	if err := checkRole(role, g, groups.CapabilitiesOfTypes().Apply, "ask to join it"); err != nil {
		return Failed, err
	}
	switch g.Join {
	case groups.JoinFreely:
		added, err := s.addOne(ctx, g, user, nil)
		if err == nil {
			s.notifier.Tip(ctx, added, groups.Tip{Kind: groups.TipJoined, By: user, Users: []string{user}, Members: added.Members})
		}
		return Added, err
	case groups.JoinByPermission:
		deciders, err := s.deciders(ctx, g)
		if err != nil {
			return Failed, err
		}
		r := Request{Group: group, User: user, Kind: Asking, Text: text, TimeMs: s.clock.Now().UnixMilli()}
		if err := s.putRequest(ctx, r, deciders); err != nil {
			return Failed, err
		}
		s.notify(ctx, g, deciders, groups.Notice{Kind: groups.NoticeRequest, By: user, User: user, Reason: text})
		return AdminDecides, nil
	default:
		return Failed, notPermitted("nobody may ask to join the group")
	}
}

// Invite makes users members of a group, or asks for the answer of those who have to agree, and returns
// what became of each. The invite option of the group says whether the owner or an admin has to agree
// to the invitation of an ordinary member, and a setting of the application whether the users have to.
//
// It fails with NotPermitted if members may not invite, and as Add does.
func (s Service) Invite(ctx context.Context, by groups.Actor, group string, list []string, text string) ([]Result, error) {
	if len(list) > MaxAdded {
		return nil, tooMany(MaxAdded)
	}
	if err := checkText(text); err != nil {
		return nil, err
	}
	g, err := s.find(ctx, group)
	if err != nil {
		return nil, err
	}
	role, err := s.RoleOf(ctx, group, by.User)
	if err != nil {
		return nil, err
	}
	switch {
	case role < groups.Member:
		return nil, notPermitted("the role of the user does not allow to invite users")
	case g.Invite == groups.InviteForbidden:
		return nil, notPermitted("members of the group may not invite users")
	case g.Invite == groups.InviteByPermission && role < groups.Admin:
		return s.propose(ctx, by, g, list, text)
	}
	return s.add(ctx, by, g, list, text, false)
}

// propose stores requests that the owner or an admin answers.
func (s Service) propose(ctx context.Context, by groups.Actor, g groups.Group, list []string, text string) ([]Result, error) {
	a, err := s.newAddition(ctx, g, list)
	if err != nil {
		return nil, err
	}
	deciders, err := s.deciders(ctx, g)
	if err != nil {
		return nil, err
	}
	for _, user := range a.missing {
		r := Request{Group: g.ID, User: user, Kind: Proposed, By: by.User, Text: text, TimeMs: s.clock.Now().UnixMilli()}
		if err := s.putRequest(ctx, r, deciders); err != nil {
			return nil, err
		}
		a.result[user] = AdminDecides
		s.notify(ctx, g, deciders, groups.Notice{Kind: groups.NoticeInviteToConfirm, By: by.User, User: user, Reason: text})
	}
	return a.results(list)
}

// askUsers stores invitations that the users answer.
func (s Service) askUsers(ctx context.Context, by groups.Actor, a *addition, text string) error {
	for _, user := range a.missing {
		r := Request{Group: a.group.ID, User: user, Kind: Invited, By: by.User, Text: text, TimeMs: s.clock.Now().UnixMilli()}
		if err := s.putRequest(ctx, r, []string{user}); err != nil {
			return err
		}
		a.result[user] = UserDecides
	}
	s.notify(ctx, a.group, a.missing, groups.Notice{Kind: groups.NoticeInvited, By: by.User, Reason: text})
	return nil
}

// deciders returns the owner and the admins of a group, the owner first.
func (s Service) deciders(ctx context.Context, g groups.Group) ([]string, error) {
	list, err := s.reader.AllMembers(ctx, s.app, g.ID)
	if err != nil {
		return nil, err
	}
	sortByJoin(list)
	var out []string
	for _, m := range list {
		if m.Role == groups.Admin && len(out) < maxDeciders {
			out = append(out, m.User)
		}
	}
	if g.Owner != "" {
		out = slices.Insert(out, 0, g.Owner)
	}
	return out, nil
}

func (s Service) putRequest(ctx context.Context, r Request, deciders []string) error {
	return s.requests.PutRequest(ctx, s.app, r, deciders, s.clock.Now().Add(RequestLife).Unix())
}

// checkText refuses the text of a request or an answer that is too long.
func checkText(text string) error {
	if len(text) > MaxRequestText || !utf8.ValidString(text) {
		return fault.New(fault.TextTooLong, "the text of a request or an answer has at most %d bytes", MaxRequestText)
	}
	return nil
}

// addOne makes a user a member. answered is the request that this accepts, if it is not nil. It
// returns the group with its new number of members.
func (s Service) addOne(ctx context.Context, g groups.Group, user string, answered *AcceptedRequest) (groups.Group, error) {
	living, err := accounts.Living(ctx, s.accounts, s.app, []string{user})
	if err != nil {
		return g, err
	}
	if living[user] == nil {
		return g, fault.At(fault.AccountUnknown, fault.Members, "%.40q is not an account", user)
	}
	head, err := s.reader.Head(ctx, s.app, g.ID)
	if err != nil {
		return g, err
	}
	a := &addition{group: g, result: make(map[string]Result), refused: make(map[string]error), accepted: answered}
	a.joins = []Join{s.joining(g, head, user, living[user].Indexed)}
	if err := s.join(ctx, a); err != nil {
		return g, err
	}
	return a.group, a.refused[user]
}

// A PendingRequest is a request with the name of its group.
type PendingRequest struct {
	Request
	Name string // of the group
}

// CountPending returns how many requests wait for the answer of a user, at most MaxPending. Those of
// groups that were destroyed in the meantime are among them: PendingOf tells them apart.
func (s Service) CountPending(ctx context.Context, user string) (int, error) {
	return s.requests.CountListed(ctx, s.app, user, MaxPending, s.clock.Now().Unix())
}

// PendingOf returns the requests that a user may answer, the newest first. Those of groups that do not
// exist any more are left out.
func (s Service) PendingOf(ctx context.Context, user string) ([]PendingRequest, error) {
	found, err := s.requests.Pending(ctx, s.app, user, MaxPending, s.clock.Now().Unix())
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, r := range found {
		if !slices.Contains(ids, r.Group) {
			ids = append(ids, r.Group)
		}
	}
	list, err := s.reader.Groups(ctx, s.app, ids)
	if err != nil {
		return nil, err
	}
	out := make([]PendingRequest, 0, len(found))
	for _, r := range found {
		if g := list[slices.Index(ids, r.Group)]; g.Exists(r.Group) == nil {
			out = append(out, PendingRequest{r, g.Name})
		}
	}
	return out, nil
}
