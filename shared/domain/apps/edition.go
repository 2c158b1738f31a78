package apps

// An Edition is a plan of the vendor. It sets the limits of an application
// (docs/spec/tencent §13).
type Edition string

// The editions.
const (
	Developer Edition = "developer"
	Standard  Edition = "standard"
	Premium   Edition = "premium"
)

// Limits are the numbers that an edition sets, and the features that it includes.
type Limits struct {
	Accounts      int  // accounts of the application; 0: no limit
	Conversations int  // conversations in a user's list
	DeleteAllowed bool // accounts can be deleted
	RetentionDays int  // how long messages are stored
	Friends       int  // in a user's friend table
	Blocked       int  // in a user's blocklist
	Lists         int  // friend lists of a user
	Requests      int  // pending friend requests to a user
	Following     int  // accounts that a user follows
	Watched       int  // accounts whose presence a user watches
	Native        int  // devices of one native platform that are online at once
	Web           int  // browsers and mini programs that are online at once
	Folders       bool // folders and standard labels
	HistoryDays   int  // how long the hourly exports of messages are stored
}

// withCommon sets the limits that are equal in all editions
// (docs/spec/tencent §5, §8.0, §8.16, §11.2, §13).
func (l Limits) withCommon() Limits {
	l.Friends, l.Blocked, l.Lists, l.Requests, l.Following, l.Watched = 3000, 1000, 32, 100, 5000, 3000
	l.Native, l.Web = 1, 1 // the settings of a premium application can raise these
	l.HistoryDays = 7
	return l
}

// Limits returns the limits of the edition (docs/spec/tencent §4.3, §9, §12.2, §13). It
// returns false if there is no such edition.
func (e Edition) Limits() (Limits, bool) {
	switch e {
	case Developer:
		return Limits{Accounts: 100, Conversations: 100, DeleteAllowed: true, RetentionDays: 7}.withCommon(), true
	case Standard:
		return Limits{Conversations: 100, RetentionDays: 7}.withCommon(), true
	case Premium:
		return Limits{Conversations: 500, RetentionDays: 30, Folders: true}.withCommon(), true
	}
	return Limits{}, false
}
