package app

import (
	"cmp"

	"parley/shared/domain/accounts"
	"parley/shared/domain/apps"
	"parley/shared/domain/sessions"
)

// appView is an application as an answer shows it: its settings, and the numbers that
// are in force. It has no secrets.
type appView struct {
	ID              int64          `json:"SdkAppId"`
	Name            string         `json:"Name"`
	Edition         string         `json:"Edition"`
	Disabled        bool           `json:"Disabled"`
	LoginPolicy     string         `json:"LoginPolicy"`
	RetentionDays   int            `json:"RetentionDays"`
	DeleteAllowed   bool           `json:"DeleteAllowed"`
	NativeInstances int            `json:"NativeInstances"`
	WebInstances    int            `json:"WebInstances"`
	PeakOnline      int            `json:"PeakOnline"`
	FriendsOnly     bool           `json:"FriendsOnly"`
	BlockSilently   bool           `json:"BlockSilently"`
	RequestWording  bool           `json:"RequestWording"`
	RecallSeconds   int            `json:"RecallSeconds"`
	PictureMB       int            `json:"PictureMB"`
	FileMB          int            `json:"FileMB"`
	Allow           string         `json:"Allow"`
	Follow          bool           `json:"Follow"`
	ProfileFields   []profileField `json:"ProfileFields"`
	FriendFields    []friendField  `json:"FriendFields"`
	Limits          limits         `json:"Limits"`   // the numbers that are in force; Accounts 0: no limit
	Override        limits         `json:"Override"` // what the application replaces; 0: the number of the edition
	Created         int64          `json:"Created"`  // Unix seconds
	Updated         int64          `json:"Updated"`  // Unix seconds
	Keys            []keyView      `json:"Keys"`
	Admins          []string       `json:"Admins"`
}

// profileField is a custom field of profiles. Admins read and write every field.
type profileField struct {
	Word       string `json:"Word"`       // 1 to 8 letters
	UserReads  bool   `json:"UserReads"`  // users read it in each other's profiles
	UserWrites bool   `json:"UserWrites"` // users write it in their own profiles
}

// friendField is a custom field of friends. Admins read and write every field.
type friendField struct {
	Word       string `json:"Word"`       // 1 to 8 letters
	UserReads  *bool  `json:"UserReads"`  // the user who has the friend may read it; absent: true
	UserWrites bool   `json:"UserWrites"` // the user who has the friend may write it
}

// limits are the numbers of an edition that an application can replace.
type limits struct {
	Accounts      int `json:"Accounts"`      // accounts of the application
	Conversations int `json:"Conversations"` // conversations that a user's list shows
	Friends       int `json:"Friends"`       // friends of a user
	Blocked       int `json:"Blocked"`       // users whom a user blocks
	Lists         int `json:"Lists"`         // friend lists of a user
	Requests      int `json:"Requests"`      // pending friend requests to a user
	Following     int `json:"Following"`     // users whom a user follows
	Watched       int `json:"Watched"`       // users whose presence a user subscribes to
	HistoryDays   int `json:"HistoryDays"`   // days for which hourly files of messages are stored
}

func viewLimits(l apps.Limits) limits {
	return limits{
		Accounts: l.Accounts, Conversations: l.Conversations, Friends: l.Friends, Blocked: l.Blocked, Lists: l.Lists,
		Requests: l.Requests, Following: l.Following, Watched: l.Watched, HistoryDays: l.HistoryDays,
	}
}

// keyView is a key without its secret.
type keyView struct {
	N       int   `json:"N"`               // the number of the key: 1, 2, 3, ...
	Created int64 `json:"Created"`         // Unix seconds
	Until   int64 `json:"Until,omitempty"` // until when its signatures are accepted, Unix seconds; absent: no end
}

func view(a apps.App) appView {
	set, inForce := a.Settings, a.Settings.Limits()
	pictures, files := set.Sizes()
	v := appView{
		ID: a.ID, Name: set.Name, Edition: string(set.Edition), Disabled: set.Disabled,
		LoginPolicy: string(set.LoginPolicy), RetentionDays: inForce.RetentionDays, DeleteAllowed: inForce.DeleteAllowed,
		NativeInstances: inForce.Native, WebInstances: inForce.Web, PeakOnline: set.PeakOnline,
		FriendsOnly: set.FriendsOnly, BlockSilently: set.BlockSilently, Follow: set.Follow,
		RequestWording: set.RequestWording, RecallSeconds: int(set.RecallWindow().Seconds()), PictureMB: pictures, FileMB: files,
		Allow:         string(cmp.Or(set.Allow, accounts.AllowAny)),
		ProfileFields: make([]profileField, len(set.ProfileFields)), FriendFields: make([]friendField, len(set.FriendFields)),
		Limits: viewLimits(inForce), Override: viewLimits(set.Override),
		Created: a.Created, Updated: a.Updated, Admins: a.Admins,
	}
	for i, f := range set.ProfileFields {
		v.ProfileFields[i] = profileField{Word: f.Name, UserReads: f.UserReads, UserWrites: f.UserWrites}
	}
	for i, f := range set.FriendFields {
		v.FriendFields[i] = friendField{Word: f.Name, UserReads: &f.UserReads, UserWrites: f.UserWrites}
	}
	for _, k := range a.Keys {
		v.Keys = append(v.Keys, keyView{N: k.Number, Created: k.Created, Until: k.Until})
	}
	return v
}

// settings are what an operator can set. A field that is left out keeps its value.
type settings struct {
	Name            *string         `json:"Name"`            // up to 100 bytes
	Edition         *string         `json:"Edition"`         // developer, standard or premium
	Disabled        *bool           `json:"Disabled"`        // every call of the application is refused
	LoginPolicy     *string         `json:"LoginPolicy"`     // single, dual, triple or multi: which platforms of a user may be online together
	RetentionDays   *int            `json:"RetentionDays"`   // how long messages are stored, 3 to 365; 0: the number of the edition; the developer edition can only shorten it
	DeleteAllowed   *bool           `json:"DeleteAllowed"`   // accounts can be deleted, even if the edition does not allow it
	NativeInstances *int            `json:"NativeInstances"` // devices of one native platform that may be online at once in the premium edition, up to 3; 0: 1
	WebInstances    *int            `json:"WebInstances"`    // browsers that may be online at once in the premium edition, up to 10; 0: 1
	PeakOnline      *int            `json:"PeakOnline"`      // the most devices that the operator expects online at once, in the whole deployment, up to 100000000; 0: not known
	FriendsOnly     *bool           `json:"FriendsOnly"`     // a user may write to friends only
	BlockSilently   *bool           `json:"BlockSilently"`   // a sender whom the receiver blocks gets no error
	RequestWording  *bool           `json:"RequestWording"`  // a friend request without AddWording is refused
	RecallSeconds   *int            `json:"RecallSeconds"`   // for how long a sender may recall a message, up to 604800; 0: 120
	PictureMB       *int            `json:"PictureMB"`       // maximum size of a picture or a sound that a message may state, up to 10000; 0: 28
	FileMB          *int            `json:"FileMB"`          // maximum size of a file or a video that a message may state, up to 10000; 0: 100
	Allow           *string         `json:"Allow"`           // what happens to a friend request if its receiver has not chosen: any, confirm or deny
	Follow          *bool           `json:"Follow"`          // users can follow each other
	ProfileFields   *[]profileField `json:"ProfileFields"`   // at most 20; replaces the whole list
	FriendFields    *[]friendField  `json:"FriendFields"`    // at most 20; replaces the whole list
	Override        overrides       `json:"Override"`        // numbers that replace those of the edition
}

// overrides replace numbers of the edition. 0 restores the number of the edition. A
// field that is left out keeps its value.
type overrides struct {
	Accounts      *int `json:"Accounts"`      // up to 100000
	Conversations *int `json:"Conversations"` // up to 500
	Friends       *int `json:"Friends"`       // up to 10000
	Blocked       *int `json:"Blocked"`       // up to 10000
	Lists         *int `json:"Lists"`         // up to 100
	Requests      *int `json:"Requests"`      // up to 1000
	Following     *int `json:"Following"`     // up to 10000
	Watched       *int `json:"Watched"`       // up to 10000
	HistoryDays   *int `json:"HistoryDays"`   // up to 30
}

// apply returns s with the settings that are not left out.
func (in settings) apply(s apps.Settings) apps.Settings {
	set(&s.Name, in.Name)
	if in.Edition != nil {
		s.Edition = apps.Edition(*in.Edition)
	}
	set(&s.Disabled, in.Disabled)
	if in.LoginPolicy != nil {
		s.LoginPolicy = sessions.Policy(*in.LoginPolicy)
	}
	set(&s.RetentionDays, in.RetentionDays)
	set(&s.DeleteAllowed, in.DeleteAllowed)
	set(&s.NativeInstances, in.NativeInstances)
	set(&s.WebInstances, in.WebInstances)
	set(&s.PeakOnline, in.PeakOnline)
	set(&s.FriendsOnly, in.FriendsOnly)
	set(&s.BlockSilently, in.BlockSilently)
	if in.Allow != nil {
		s.Allow = accounts.FriendRequestPolicy(*in.Allow)
	}
	set(&s.Follow, in.Follow)
	set(&s.RequestWording, in.RequestWording)
	set(&s.RecallSeconds, in.RecallSeconds)
	set(&s.PictureMB, in.PictureMB)
	set(&s.FileMB, in.FileMB)
	if in.ProfileFields != nil {
		s.ProfileFields = nil
		for _, f := range *in.ProfileFields {
			s.ProfileFields = append(s.ProfileFields, apps.Field{Name: f.Word, UserReads: f.UserReads, UserWrites: f.UserWrites})
		}
	}
	if in.FriendFields != nil {
		s.FriendFields = nil
		for _, f := range *in.FriendFields {
			s.FriendFields = append(s.FriendFields, apps.Field{
				Name: f.Word, UserReads: f.UserReads == nil || *f.UserReads, UserWrites: f.UserWrites,
			})
		}
	}
	in.Override.apply(&s.Override)
	return s
}

func (in overrides) apply(to *apps.Limits) {
	set(&to.Accounts, in.Accounts)
	set(&to.Conversations, in.Conversations)
	set(&to.Friends, in.Friends)
	set(&to.Blocked, in.Blocked)
	set(&to.Lists, in.Lists)
	set(&to.Requests, in.Requests)
	set(&to.Following, in.Following)
	set(&to.Watched, in.Watched)
	set(&to.HistoryDays, in.HistoryDays)
}

// set sets to, if there is a value to set.
func set[T any](to *T, from *T) {
	if from != nil {
		*to = *from
	}
}

// appRequest names one application.
type appRequest struct {
	ID int64 `json:"SdkAppId"`
}
