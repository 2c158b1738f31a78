package v4

import "parley/shared/fault"

// Names returns the name of each field of package fault in the requests of this protocol
// (docs/spec/tencent §3, §5, §6, §7, §8, §11, §16).
func Names() map[fault.Field]string {
	names := map[fault.Field]string{
		fault.UserName: "UserID", fault.Signature: "UserSig", fault.Sender: "From_Account", fault.Receiver: "To_Account",
		fault.Elements: "MsgBody", fault.ElementKind: "MsgType", fault.ElementContent: "MsgContent", fault.CustomData: "CloudCustomData",
		fault.Merged: "MsgList", fault.MergedKey: "JsonMsgKey", fault.Extensible: "SupportMessageExtension",
		fault.Keys: "MsgKeyList", fault.Key: "MsgKey",
		fault.KeySequence: "MsgSeq", fault.KeyRandom: "MsgRandom", fault.KeyTime: "MsgTime",
		fault.Extensions: "ExtensionList", fault.ExtensionVerb: "OperateType", fault.ExtensionKey: "Key", fault.ExtensionValue: "Value",
		fault.Folder: "conversation group", fault.Label: "mark",
		fault.Remark: "Remark", fault.Source: "AddSource", fault.Wording: "AddWording",
		fault.Nick: "Nick", fault.Face: "FaceUrl",
		fault.Instance: "instance", fault.Platform: "platform",
		fault.ExportKind: "ChatType", fault.ExportHour: "MsgTime",
		fault.Group: "GroupId", fault.GroupType: "Type", fault.GroupName: "Name", fault.Introduction: "Introduction",
		fault.Notice: "Notification", fault.GroupFace: "FaceUrl", fault.Owner: "Owner_Account", fault.NewOwner: "NewOwner_Account",
		fault.MaxMembers: "MaxMemberNum", fault.JoinOption: "ApplyJoinOption", fault.InviteOption: "InviteJoinOption",
		fault.MuteAll: "MuteAllMember", fault.Earlier: "HistoryMsgBeforeJoin", fault.Place: "Next",
		fault.Members: "MemberList", fault.Role: "Role", fault.ReceiveOption: "MsgFlag", fault.NameCard: "NameCard", fault.MemberField: "AppMemberDefinedData",
		fault.GroupField: "AppDefinedData", fault.MuteTime: "MuteTime", fault.Mentions: "GroupAtInfo", fault.Receivers: "To_Account",
		fault.Numbers: "MsgSeqList", fault.Attributes: "GroupAttr", fault.Counters: "GroupCounter",
	}
	for tag, name := range profileTags() {
		names[name.Field()] = tag
	}
	return names
}

// FieldName returns the name of a field in the requests of this protocol. A field that
// has none, because no request of this protocol has it, keeps its neutral name.
func FieldName(f fault.Field) string {
	if name, ok := Names()[f]; ok {
		return name
	}
	return f.String()
}
