package message

import (
	"encoding/json"
	"time"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/direct"
)

const (
	badTo        = 90003
	badFrom      = 90008
	badBody      = 90002
	badKey       = 90054
	badLifeTime  = 90026
	unknownUser  = 70107
	maxLifeTime  = 604800 // seconds (docs/spec/tencent §13)
	badJSON      = 90001
	maxPeers     = 10
	maxRoamBytes = 13 << 10 // docs/spec/tencent §6.4
)

// sendFields are the fields that sendmsg and batchsendmsg share.
type sendFields struct {
	From      string          `json:"From_Account" id:"user" bad:"90008"` // the calling admin, if it is missing
	Sync      int             `json:"SyncOtherMachine" bad:"90031"`       // 1: also to the sender's devices; 2: hidden from the sender
	Online    int             `json:"OnlineOnlyFlag" bad:"90001"`         // 1: only for devices that are online, not stored
	LifeTime  *int64          `json:"MsgLifeTime" bad:"90044"`            // seconds, at most 604800; 0 is the same as OnlineOnlyFlag 1
	Seq       *uint32         `json:"MsgSeq" bad:"90004"`                 // derived from the time, if it is missing
	Random    *uint32         `json:"MsgRandom" need:"90005"`
	Timestamp *uint32         `json:"MsgTimeStamp" bad:"90006"` // has no effect (docs/spec/tencent §6.1)
	Body      []v4.Element    `json:"MsgBody" max:"-" need:"90002" bad:"90007"`
	Custom    string          `json:"CloudCustomData" bad:"90001"`
	Control   []string        `json:"SendMsgControl" bad:"90001"`    // NoUnread, NoLastMsg, WithMuteNotifications
	Receipt   int             `json:"IsNeedReadReceipt" bad:"90001"` // 1: asks the receiver for a read receipt
	Push      json.RawMessage `json:"OfflinePushInfo"`
}

// sendRequest returns the request without a receiver. If From_Account is missing, the
// sender is the calling admin.
func (in sendFields) sendRequest(admin string) (direct.SendRequest, error) {
	r := direct.SendRequest{
		From: in.From, Seq: in.Seq, Random: *in.Random, Trusted: true,
		Form: v4.Form{},
	}
	if r.From == "" {
		r.From = admin
	}
	switch in.Sync {
	case 0:
		r.Sync = direct.CopyToHistory
	case 1:
		r.Sync = direct.CopyToDevices
	case 2:
		r.Sync = direct.NoCopy
	default:
		return r, v4.Refuse(90031, "SyncOtherMachine is 1 or 2")
	}
	var err error
	if r.Content, err = v4.ReadContent(in.Body, in.Custom); err != nil {
		return r, err
	}
	if r.OnlineOnly, err = v4.Flag("OnlineOnlyFlag", in.Online); err != nil {
		return r, err
	}
	if r.NeedReceipt, err = v4.Flag("IsNeedReadReceipt", in.Receipt); err != nil {
		return r, err
	}
	if t := in.LifeTime; t != nil {
		if *t < 0 || *t > maxLifeTime {
			return r, v4.Refuse(badLifeTime, "MsgLifeTime is 0 to %d seconds", maxLifeTime)
		}
		r.OnlineOnly, r.Retention = r.OnlineOnly || *t == 0, time.Duration(*t)*time.Second
	}
	if r.Push, err = v4.ParseOfflinePushInfo(in.Push); err != nil {
		return r, err
	}
	control, err := v4.ReadSendMsgControl(in.Control)
	control.To(&r)
	return r, err
}
