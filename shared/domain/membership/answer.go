package membership

import (
	"context"

	"parley/shared/domain/groups"
	"parley/shared/fault"
)

// An AcceptedRequest is a request that a transaction of members accepts: it is written only if the
// request is as it was read.
type AcceptedRequest struct {
	Request
	DecidedBy string
}

// An AnswerToRequest is what a user answers to the request of a user.
type AnswerToRequest struct {
	Group, User string
	Accept      bool
	Text        string
}

// AnswerRequest accepts or refuses the request of a user to join a group, or an invitation to it. A
// user answers the own invitation; the owner and admins answer all else.
//
// The user becomes a member in the transaction that accepts the request. So of two answers at once,
// one counts. The other one fails with RequestHandled, as every later one does. It fails with
// RequestUnknown if there is no request, or if it has expired.
func (s Service) AnswerRequest(ctx context.Context, by groups.Actor, a AnswerToRequest) error {
	if err := checkText(a.Text); err != nil {
		return err
	}
	g, err := s.find(ctx, a.Group)
	if err != nil {
		return err
	}
	r, err := s.requests.Request(ctx, s.app, a.Group, a.User, s.clock.Now().Unix())
	if err == nil {
		err = s.mayAnswer(ctx, by, g, a.User, r)
	}
	if err != nil {
		return err
	}
	if a.Accept {
		added, err := s.addOne(ctx, g, a.User, &AcceptedRequest{*r, by.User})
		if fault.Is(err, fault.AlreadyMember) { // by another way: there is nothing to decide any more
			_, err = s.requests.Refuse(ctx, s.app, *r, by.User)
		} else if err == nil {
			s.notifyAccepted(ctx, by, added, *r, a.Text)
		}
		if err != nil {
			return err
		}
	} else {
		done, err := s.requests.Refuse(ctx, s.app, *r, by.User)
		if err == nil && !done {
			err = handled()
		}
		if err != nil {
			return err
		}
		s.notifyRefused(ctx, by, g, *r, a.Text)
	}
	return s.unlist(ctx, by, g, *r)
}

func handled() error {
	return fault.New(fault.RequestHandled, "somebody has answered the request already")
}

// mayAnswer refuses who may not answer a request, and a request that is answered.
func (s Service) mayAnswer(ctx context.Context, by groups.Actor, g groups.Group, user string, r *Request) error {
	own := r != nil && r.Kind == Invited
	if !by.Application && (!own || by.User != user) {
		role, err := s.RoleOf(ctx, g.ID, by.User)
		if err != nil {
			return err
		}
		if role < groups.Admin || own {
			return notPermitted("the role of the user does not allow to answer the request")
		}
	}
	switch {
	case r == nil:
		return fault.New(fault.RequestUnknown, "the user has no request or invitation for the group")
	case r.Answer != Unanswered:
		return handled()
	}
	return nil
}

// notifyAccepted notifies all whom an accepted request concerns.
func (s Service) notifyAccepted(ctx context.Context, by groups.Actor, g groups.Group, r Request, text string) {
	s.notifier.Tip(ctx, g, groups.Tip{Kind: groups.TipJoined, By: by.User, Users: []string{r.User}, Members: g.Members, Invited: r.Kind != Asking})
	switch r.Kind {
	case Asking:
		s.notify(ctx, g, []string{r.User}, groups.Notice{Kind: groups.NoticeAccepted, By: by.User, User: r.User, Reason: text})
	case Proposed:
		s.notify(ctx, g, []string{r.User}, groups.Notice{Kind: groups.NoticeAdded, By: r.By})
		s.notify(ctx, g, []string{r.By}, groups.Notice{Kind: groups.NoticeInviteAccepted, By: by.User, User: r.User, Reason: text})
	case Invited:
		if r.By != "" {
			s.notify(ctx, g, []string{r.By}, groups.Notice{Kind: groups.NoticeInviteAccepted, By: by.User, User: r.User, Reason: text})
		}
	}
}

// notifyRefused notifies who has made a request that it is refused.
func (s Service) notifyRefused(ctx context.Context, by groups.Actor, g groups.Group, r Request, text string) {
	to, kind := r.By, groups.NoticeInviteRefused
	if r.Kind == Asking {
		to, kind = r.User, groups.NoticeRefused
	}
	if to != "" {
		s.notify(ctx, g, []string{to}, groups.Notice{Kind: kind, By: by.User, User: r.User, Reason: text})
	}
}

// unlist takes an answered request out of the lists of the others, and notifies them.
func (s Service) unlist(ctx context.Context, by groups.Actor, g groups.Group, r Request) error {
	deciders := []string{r.User}
	if r.Kind != Invited {
		var err error
		if deciders, err = s.deciders(ctx, g); err != nil {
			return err
		}
		s.notify(ctx, g, deciders, groups.Notice{Kind: groups.NoticeRequestHandled, By: by.User, User: r.User})
	}
	return s.requests.Unlist(ctx, s.app, r, deciders)
}
