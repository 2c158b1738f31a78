package app

import (
	"encoding/json"

	"parley/shared/domain/apps"
	"parley/shared/domain/groups"
	"parley/shared/fault"
	"parley/shared/plainjson"
)

// appView is an application as an answer shows it: its settings, and the numbers that
// are in force. It has no secrets.
type appView struct {
	ID int64 `json:"SdkAppId"`
	apps.Settings
	ProfileFields []profileField `json:"ProfileFields"`
	FriendFields  []friendField  `json:"FriendFields"`
	GroupFields   []groupField   `json:"GroupFields"`
	MemberFields  []memberField  `json:"MemberFields"`
	Limits        apps.Limits    `json:"Limits"`   // the numbers that are in force
	Override      apps.Limits    `json:"Override"` // what the application replaces; 0: the number of the edition
	Created       int64          `json:"Created"`  // Unix seconds
	Updated       int64          `json:"Updated"`  // Unix seconds
	Keys          []keyView      `json:"Keys"`
	Admins        []string       `json:"Admins"`
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

// groupField is a custom field of groups. The backend reads and writes every field.
type groupField struct {
	Key    string `json:"Key"`    // 1 to 16 bytes of A to Z, a to z, 0 to 9 and _
	Reads  role   `json:"Reads"`  // the least role that reads it: Anybody, Member, Admin, Owner or App; absent: Member
	Writes role   `json:"Writes"` // the least role that writes it; absent: App
}

// memberField is a custom field of members of groups. The backend reads and writes every field.
type memberField struct {
	groupField
	Own bool `json:"Own"` // each member reads and writes the member's own value
}

// role is a role of groups as a word.
type role string

func (r role) role(absent groups.Role) (groups.Role, error) {
	switch r {
	case "":
		return absent, nil
	case "Anybody":
		return groups.NotMember, nil
	case "Member":
		return groups.Member, nil
	case "Admin":
		return groups.Admin, nil
	case "Owner":
		return groups.Owner, nil
	case "App":
		return groups.Application, nil
	}
	return 0, fault.New(fault.Invalid, "a right is Anybody, Member, Admin, Owner or App, and not %.20q", string(r))
}

func roleWord(r groups.Role) role {
	switch r {
	case groups.NotMember:
		return "Anybody"
	case groups.Member:
		return "Member"
	case groups.Admin:
		return "Admin"
	case groups.Owner:
		return "Owner"
	default:
		return "App"
	}
}

func (f groupField) field() (groups.Field, error) {
	reads, err := f.Reads.role(groups.Member)
	if err != nil {
		return groups.Field{}, err
	}
	writes, err := f.Writes.role(groups.Application)
	return groups.Field{Name: f.Key, Reads: reads, Writes: writes}, err
}

func viewGroupField(f groups.Field) groupField {
	return groupField{Key: f.Name, Reads: roleWord(f.Reads), Writes: roleWord(f.Writes)}
}

// keyView is a key without its secret.
type keyView struct {
	N       int   `json:"N"`               // the number of the key: 1, 2, 3, ...
	Created int64 `json:"Created"`         // Unix seconds
	Until   int64 `json:"Until,omitempty"` // until when its signatures are accepted, Unix seconds; absent: no end
}

func view(a apps.App) appView {
	set, inForce := a.Settings, a.Settings.InForce()
	v := appView{
		ID: a.ID, Settings: inForce.Settings, Limits: inForce.Limits, Override: set.Override,
		ProfileFields: make([]profileField, len(set.ProfileFields)), FriendFields: make([]friendField, len(set.FriendFields)),
		GroupFields: make([]groupField, len(set.GroupFields)), MemberFields: make([]memberField, len(set.MemberFields)),
		Created: a.Created, Updated: a.Updated, Admins: a.Admins,
	}
	for i, f := range set.GroupFields {
		v.GroupFields[i] = viewGroupField(f)
	}
	for i, f := range set.MemberFields {
		v.MemberFields[i] = memberField{viewGroupField(f), f.Own}
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
	apps.Settings
	ProfileFields *[]profileField `json:"ProfileFields"` // at most 20; replaces the whole list
	FriendFields  *[]friendField  `json:"FriendFields"`  // at most 20; replaces the whole list
	GroupFields   *[]groupField   `json:"GroupFields"`   // at most 10; replaces the whole list
	MemberFields  *[]memberField  `json:"MemberFields"`  // at most 5; replaces the whole list
	Override      apps.Limits     `json:"Override"`      // numbers that replace those of the edition; 0: the number of the edition
}

// apply returns s with the settings that the body of the request has.
func (in settings) apply(s apps.Settings, body []byte) (apps.Settings, error) {
	given, err := names(body)
	if err != nil {
		return s, err
	}
	changed := in.Settings
	changed.Override = in.Override
	for _, r := range apps.Table() {
		if given[r.Path()] {
			r.Set(&s, r.Value(changed))
		}
	}
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
	if in.GroupFields != nil {
		s.GroupFields = nil
		for _, f := range *in.GroupFields {
			field, err := f.field()
			if err != nil {
				return s, err
			}
			s.GroupFields = append(s.GroupFields, field)
		}
	}
	if in.MemberFields != nil {
		s.MemberFields = nil
		for _, f := range *in.MemberFields {
			field, err := f.field()
			if err != nil {
				return s, err
			}
			field.Own = f.Own
			s.MemberFields = append(s.MemberFields, field)
		}
	}
	return s, nil
}

// names returns the names of the fields that a body has, with "Override." before those in
// Override. A field that is null counts as left out.
func names(body []byte) (map[string]bool, error) {
	var fields, override map[string]json.RawMessage
	if err := plainjson.Unmarshal(body, &fields); err != nil {
		return nil, err
	}
	if text := fields["Override"]; text != nil {
		if err := plainjson.Unmarshal(text, &override); err != nil {
			return nil, err
		}
	}
	given := make(map[string]bool)
	for name, value := range fields {
		given[name] = string(value) != "null"
	}
	for name, value := range override {
		given["Override."+name] = string(value) != "null"
	}
	return given, nil
}

// appRequest names one application.
type appRequest struct {
	ID int64 `json:"SdkAppId"`
}
