package group

// target is the group that a request is about.
type target struct {
	Group string `json:"GroupId" need:"10004"`
}

// account is a user in a list of members.
type account struct {
	User string `json:"Member_Account" need:"10004"`
}

const badParameter = 10004

// muteTime is for how long members are muted. A request has the new name or the old one; if it has
// both, the new one counts.
type muteTime struct {
	Mute   *uint32 `json:"MuteTime" bad:"10004"` // seconds; 0 ends the mute, 4294967295 is for ever
	ShutUp *uint32 `json:"ShutUpTime" bad:"10004"`
}

// seconds returns the seconds of the request; nil if it has none.
func (t muteTime) seconds() *int64 {
	given := t.Mute
	if given == nil {
		given = t.ShutUp
	}
	if given == nil {
		return nil
	}
	n := int64(*given)
	return &n
}
