package app

import (
	"cmp"

	"parley/shared/domain/accounts"
	"parley/shared/domain/apps"
	"parley/shared/domain/sessions"
)

// appView is an application as the operator sees it, with the numbers that are in
// force; secrets are not in it.
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
	Limits          limits         `json:"Limits"`   // in force; no limit where there are 0 Accounts
	Override        limits         `json:"Override"` // of the application's own; 0: as the edition has it
	Created         int64          `json:"Created"`  // Unix seconds
	Updated         int64          `json:"Updated"`  // Unix seconds
	Keys            []keyView      `json:"Keys"`
	Admins          []string       `json:"Admins"`
}

// profileField is a custom field of profiles. Admins read and write all of them.
type profileField struct {
	Word       string `json:"Word"`       // 1 to 8 letters
	UserReads  bool   `json:"UserReads"`  // users see it in each other's profiles
	UserWrites bool   `json:"UserWrites"` // users set it in their own
}

// friendField is a custom field of friends.
type friendField struct {
	Word       string `json:"Word"`       // 1 to 8 letters
	UserReads  *bool  `json:"UserReads"`  // who has the friend reads it, not only admins; absent: yes
	UserWrites bool   `json:"UserWrites"` // who has the friend sets it, not only admins
}

type limits struct {
	Accounts      int `json:"Accounts"`
	Conversations int `json:"Conversations"` // in a user's list
	Friends       int `json:"Friends"`       // of a user, as the next ones
	Blocked       int `json:"Blocked"`
	Lists         int `json:"Lists"`    // of friends
	Requests      int `json:"Requests"` // pending ones to a user
	Following     int `json:"Following"`
	Watched       int `json:"Watched"`     // users whose status a user subscribed to
	HistoryDays   int `json:"HistoryDays"` // that hourly files of messages are kept
}

func viewLimits(l apps.Limits) limits {
	return limits{
		Accounts: l.Accounts, Conversations: l.Conversations, Friends: l.Friends, Blocked: l.Blocked, Lists: l.Lists,
		Requests: l.Requests, Following: l.Following, Watched: l.Watched, HistoryDays: l.HistoryDays,
	}
}

type keyView struct {
	N       int   `json:"N"`
	Created int64 `json:"Created"`         // Unix seconds
	Until   int64 `json:"Until,omitempty"` // Unix seconds; absent: no end
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
		v.ProfileFields[i] = profileField{Word: f.Word, UserReads: f.UserReads, UserWrites: f.UserWrites}
	}
	for i, f := range set.FriendFields {
		v.FriendFields[i] = friendField{Word: f.Word, UserReads: &f.UserReads, UserWrites: f.UserWrites}
	}
	for _, k := range a.Keys {
		v.Keys = append(v.Keys, keyView{N: k.N, Created: k.Created, Until: k.Until})
	}
	return v
}

// settings are the fields an operator may set. What is left out stays.
type settings struct {
	Name            *string         `json:"Name"`
	Edition         *string         `json:"Edition"`
	Disabled        *bool           `json:"Disabled"`
	LoginPolicy     *string         `json:"LoginPolicy"`
	RetentionDays   *int            `json:"RetentionDays"`
	DeleteAllowed   *bool           `json:"DeleteAllowed"`
	NativeInstances *int            `json:"NativeInstances"` // 1 to 3 devices of one native platform at once
	WebInstances    *int            `json:"WebInstances"`    // 1 to 10 devices of the web at once
	PeakOnline      *int            `json:"PeakOnline"`      // devices online at most, as far as it is known
	FriendsOnly     *bool           `json:"FriendsOnly"`     // users write to friends only
	BlockSilently   *bool           `json:"BlockSilently"`   // who is blocked is not told
	RequestWording  *bool           `json:"RequestWording"`  // a friend request has to say why
	RecallSeconds   *int            `json:"RecallSeconds"`   // that a sender may recall a message for, up to 604800; 0: 120
	PictureMB       *int            `json:"PictureMB"`       // that messages say of a picture or a sound, up to 10000; 0: 28
	FileMB          *int            `json:"FileMB"`          // that messages say of a file or a video, up to 10000; 0: 100
	Allow           *string         `json:"Allow"`           // friend requests to who has not chosen: any, confirm or deny
	Follow          *bool           `json:"Follow"`          // users can follow each other
	ProfileFields   *[]profileField `json:"ProfileFields"`   // at most 20; replaces the list
	FriendFields    *[]friendField  `json:"FriendFields"`    // at most 20; replaces the list
	Override        overrides       `json:"Override"`
}

// overrides replace numbers of the edition; 0 goes back to them. What is left out
// stays.
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
		s.Allow = accounts.Allow(*in.Allow)
	}
	set(&s.Follow, in.Follow)
	set(&s.RequestWording, in.RequestWording)
	set(&s.RecallSeconds, in.RecallSeconds)
	set(&s.PictureMB, in.PictureMB)
	set(&s.FileMB, in.FileMB)
	if in.ProfileFields != nil {
		s.ProfileFields = nil
		for _, f := range *in.ProfileFields {
			s.ProfileFields = append(s.ProfileFields, apps.Field{Word: f.Word, UserReads: f.UserReads, UserWrites: f.UserWrites})
		}
	}
	if in.FriendFields != nil {
		s.FriendFields = nil
		for _, f := range *in.FriendFields {
			s.FriendFields = append(s.FriendFields, apps.Field{
				Word: f.Word, UserReads: f.UserReads == nil || *f.UserReads, UserWrites: f.UserWrites,
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

func set[T any](to *T, from *T) {
	if from != nil {
		*to = *from
	}
}

// named is a request about one application.
type named struct {
	ID int64 `json:"SdkAppId"`
}
