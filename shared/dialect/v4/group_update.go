package v4

import (
	"parley/shared/domain/groups"
	"parley/shared/fault"
)

// A GroupUpdate is the fields of a group's profile that a request may change. What is absent stays
// (docs/spec/tencent §16.4).
type GroupUpdate struct {
	Name         *string       `json:"Name" bad:"10004"`         // 1 to 30 bytes
	Introduction *string       `json:"Introduction" bad:"10004"` // at most 240 bytes
	Notification *string       `json:"Notification" bad:"10004"` // at most 300 bytes
	Face         *string       `json:"FaceUrl" bad:"10004"`      // at most 100 bytes
	MaxMembers   *int          `json:"MaxMemberNum" bad:"10004"`
	Join         *string       `json:"ApplyJoinOption" bad:"10004"`      // FreeAccess, NeedPermission or DisableApply
	Invite       *string       `json:"InviteJoinOption" bad:"10004"`     // FreeAccess, NeedPermission or DisableInvite
	History      *string       `json:"HistoryMsgBeforeJoin" bad:"10004"` // On or Off
	Custom       []CustomField `json:"AppDefinedData" bad:"10004"`       // an empty Value removes the field
}

// ToUpdate returns the update for the domain.
func (u GroupUpdate) ToUpdate() (out groups.Update, err error) {
	out = groups.Update{
		Name: u.Name, Introduction: u.Introduction, Notice: u.Notification, Face: u.Face, MaxMembers: u.MaxMembers, Fields: ToCustomFields(u.Custom),
	}
	if out.Join, err = Optional(u.Join, ParseJoinOption); err != nil {
		return out, err
	}
	if out.Invite, err = Optional(u.Invite, ParseInviteOption); err != nil {
		return out, err
	}
	out.HistoryBeforeJoin, err = Optional(u.History, SwitchOf(fault.Earlier))
	return out, err
}
