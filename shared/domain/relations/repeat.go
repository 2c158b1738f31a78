package relations

import "time"

// A backend that gets no answer makes the same call again, and no field of the call
// says so. During Service.RepeatWindow, a call that asks for what has just been done is taken
// for such a repeat: it succeeds and changes nothing (docs/divergences.md). Example:
// Service.RepeatWindow is two minutes. A backend deletes Alice's friend Bob at 12:00:00, and
// again at 12:01:00. Both calls succeed. At 12:03:00 the call fails with NotFriend.
//
// An entry has the time at which it was written. When an owner removes an entry, the
// same transaction records the time of the removal.

// isRecent reports whether at (Unix seconds) is less than Service.RepeatWindow ago.
func (s Service) isRecent(at int64) bool {
	return s.clock.Now().Sub(time.Unix(at, 0)) < s.settings.RepeatWindow
}

// recordEnd plans to record that the owner ends an entry now.
func (s Service) recordEnd(u *relationPlan, kind EntryKind, owner, peer string) {
	if s.settings.RepeatWindow > 0 {
		u.transaction.Removed[endRef(kind, owner, peer)] = s.clock.Now().Unix()
	}
}

// endedRecently reports whether the owner has ended an entry within Service.RepeatWindow.
// It returns false if the read set lacks the endRefs of the entry.
func (s Service) endedRecently(u *relationPlan, kind EntryKind, owner, peer string) bool {
	at, found := u.RemovedAt[endRef(kind, owner, peer)]
	return found && s.isRecent(at)
}

// endRefs returns the refs by which a unit of work reads when the owner ended an
// entry. There are none if repeats are not recognized.
func (s Service) endRefs(kind EntryKind, owner, peer string) []EntryRef {
	if s.settings.RepeatWindow <= 0 {
		return nil
	}
	return []EntryRef{endRef(kind, owner, peer)}
}
