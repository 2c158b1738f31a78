package accounts

import (
	"context"
	"slices"
	"time"

	"parley/shared/fault"
)

// RepeatWindow is the time in which a call that asks for what was just done is taken
// for a repeat of the call that did it, whose answer was lost. The repeat succeeds
// and changes nothing. After RepeatWindow the call fails with the fault that says
// that there is nothing left to do. Example: a backend deletes alice at 12:00:00 and
// gets no answer. Its second call at 12:01:00 succeeds; one at 12:03:00 fails with
// AccountUnknown.
const RepeatWindow = 2 * time.Minute

// Delete deletes accounts. It returns an error for each id of an admin and for each
// id that is not an account (docs/spec/tencent §4.3).
//
// Delete first marks the account as deleted, which voids its signatures. Then it
// closes the account's connections and queues a job that removes its data. If a
// call dies between these steps, a repeat of the call closes the connections and
// queues the job again, as long as the data is not removed.
func (s Service) Delete(ctx context.Context, ids []string) (map[string]error, error) {
	if !s.settings.DeletionAllowed {
		return nil, fault.New(fault.DeletionRefused, "the edition does not allow deleting accounts")
	}
	errs := make(map[string]error, len(ids))
	for _, id := range ids {
		errs[id] = accountUnknown(id)
	}
	for _, id := range Distinct(ids) {
		if slices.Contains(s.settings.Admins, id) {
			errs[id] = fault.New(fault.Invalid, "%s is an admin of the application; remove the admin first", id)
			continue
		}
		now := s.clock.Now()
		d, err := s.store.DeleteAccount(ctx, s.app, id, now.Unix(), s.settings.Limit > 0)
		if err != nil {
			return nil, err
		}
		if d.DeletedNow || (d.Known && now.Sub(time.Unix(d.At, 0)) < RepeatWindow) {
			errs[id] = nil
		}
		if !d.Known || d.Swept {
			continue
		}
		if err := s.disconnector.Disconnect(ctx, id, "deleted"); err != nil {
			return nil, err
		}
		if err := s.removals.Send(ctx, Removal{App: s.app, User: id, Deleted: d.At}, 0); err != nil {
			return nil, err
		}
	}
	return errs, nil
}
