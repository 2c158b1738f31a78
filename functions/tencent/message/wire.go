package message

import (
	"encoding/json"
	"time"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/messages"
)

const (
	badTo        = 90003
	badFrom      = 90008
	badBody      = 90002
	badKey       = 90054
	badLifeTime  = 90026
	unknownUser  = 70107
	maxLifeTime  = 604800 // seconds (core spec §13)
	badJSON      = 90001
	maxPeers     = 10
	maxRoamBytes = 13 << 10 // core spec §6.4
)

// content is what sendmsg and batchsendmsg have in common.
type content struct {
	From      string             `json:"From_Account" id:"user" bad:"90008"`
	Sync      int                `json:"SyncOtherMachine" bad:"90031"`
	Online    int                `json:"OnlineOnlyFlag" bad:"90001"`
	LifeTime  *int64             `json:"MsgLifeTime" bad:"90044"`
	Seq       *uint32            `json:"MsgSeq" bad:"90004"`
	Random    *uint32            `json:"MsgRandom" need:"90005"`
	Timestamp *uint32            `json:"MsgTimeStamp" bad:"90006"` // read and ignored (core spec §6.1, unsure)
	Body      []messages.Element `json:"MsgBody" max:"-" need:"90002" bad:"90007"`
	Custom    string             `json:"CloudCustomData" bad:"90001"`
	Control   []string           `json:"SendMsgControl" bad:"90001"`
	Receipt   int                `json:"IsNeedReadReceipt" bad:"90001"`
	Push      json.RawMessage    `json:"OfflinePushInfo"`
}

// draft makes the domain's draft. admin is the sender where none is named.
func (in content) draft(admin string) (messages.Draft, error) {
	d := messages.Draft{
		From: in.From, Seq: in.Seq, Random: *in.Random, Trusted: true,
		Content: messages.Content{Elements: in.Body, Custom: in.Custom},
	}
	if d.From == "" {
		d.From = admin
	}
	switch in.Sync {
	case 0:
		d.Sync = messages.SyncHistory
	case 1:
		d.Sync = messages.SyncDevices
	case 2:
		d.Sync = messages.SyncNothing
	default:
		return d, v4.Refuse(90031, "SyncOtherMachine is 1 or 2")
	}
	var err error
	if d.OnlineOnly, err = v4.Flag("OnlineOnlyFlag", in.Online); err != nil {
		return d, err
	}
	if d.NeedReceipt, err = v4.Flag("IsNeedReadReceipt", in.Receipt); err != nil {
		return d, err
	}
	if t := in.LifeTime; t != nil {
		if *t < 0 || *t > maxLifeTime {
			return d, v4.Refuse(badLifeTime, "MsgLifeTime is 0 to %d seconds", maxLifeTime)
		}
		d.OnlineOnly, d.Life = d.OnlineOnly || *t == 0, time.Duration(*t)*time.Second
	}
	if d.Push, err = v4.Push(in.Push); err != nil {
		return d, err
	}
	return d, v4.Control(in.Control, &d)
}
