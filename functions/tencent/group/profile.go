package group

import (
	"cmp"

	"parley/shared/dialect/tencent"
	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/groups"
	"parley/shared/op"
	"parley/shared/queue"
	"parley/shared/store/schema"
	"parley/shared/timeouts"
)

// profileOperations lists the commands of the profiles of groups.
func profileOperations() []op.Operation {
	s := service()
	return []op.Operation{
		tencent.Command(s, "create_group", createGroup, op.NotifiesMembers(),
			op.Writes(schema.Groups, schema.GroupHeads, schema.GroupList, schema.Members, schema.Conversations), op.Reads(schema.Accounts, schema.Conversations),
			op.Fails(groups.CreateFaults()), op.Timeout(timeouts.UsersBatch),
			op.DocumentedErrors(badParameter, 10005, 10006, 10007, 10019, 10021, 10025, 10037, 10038, 10058)),
		tencent.Command(s, "destroy_group", destroyGroup, op.Reads(schema.Groups), op.Writes(schema.Groups, schema.GroupHeads, schema.GroupList),
			op.Sends(queue.Background), op.Fails(groups.DestroyFaults()), op.DocumentedErrors(badParameter, 10007, 10010, 10015)),
		tencent.Command(s, "get_appid_group_list", getAppidGroupList, op.Reads(schema.GroupList), op.DocumentedErrors(badParameter)),
		tencent.Command(s, "modify_group_base_info", modifyGroupBaseInfo, op.NotifiesMembers(), op.Reads(schema.Groups), op.Writes(schema.Groups),
			op.Fails(groups.UpdateFaults()), op.DocumentedErrors(badParameter, 10007, 10010, 10015, 10038)),
		tencent.Command(s, "import_group", importGroup,
			op.Writes(schema.Groups, schema.GroupHeads, schema.GroupList, schema.Members, schema.Conversations), op.Reads(schema.Accounts),
			op.Fails(groups.CreateFaults()), op.DocumentedErrors(badParameter, 10006, 10019, 10021, 10025, 10037, 10038, 10058)),
		tencent.Command(s, "get_group_info", getGroupInfo, op.DocumentedErrors(badParameter, 10007, 10010, 10015, 10018),
			op.Reads(schema.Groups, schema.GroupHeads, schema.Members, schema.Conversations), op.Fails(groups.GetFaults())),
	}
}

// reservedPrefix begins the ids that Parley makes for groups (docs/spec/tencent §16.3).
const reservedPrefix = "@TGS#"

// actor returns who makes a change: the application, in the name of a user, or of the calling
// admin if the request names no user (docs/spec/tencent §16.0).
func actor(c *op.Call, from string) groups.Actor {
	return groups.Actor{User: cmp.Or(from, c.Caller.Account), Application: true}
}

// profile are the fields of a new group (docs/spec/tencent §16.4, §16.7).
type profile struct {
	Type         string           `json:"Type" need:"10004"` // Private, Public or ChatRoom
	Name         string           `json:"Name" need:"10004"` // 1 to 30 bytes
	Owner        string           `json:"Owner_Account" id:"user" bad:"10004"`
	GroupID      string           `json:"GroupId" bad:"10004"`      // 1 to 48 bytes; absent: the server makes one
	Introduction string           `json:"Introduction" bad:"10004"` // at most 240 bytes
	Notification string           `json:"Notification" bad:"10004"` // at most 300 bytes
	FaceURL      string           `json:"FaceUrl" bad:"10004"`      // at most 100 bytes
	MaxMembers   *int             `json:"MaxMemberCount" bad:"10004"`
	JoinOption   string           `json:"ApplyJoinOption" bad:"10004"` // FreeAccess, NeedPermission or DisableApply
	Custom       []v4.CustomField `json:"AppDefinedData" bad:"10004"`
}

// newGroup returns the group that a request asks for.
func (p *profile) newGroup() (groups.NewGroup, error) {
	kind, err := v4.ParseGroupType(p.Type)
	if err != nil {
		return groups.NewGroup{}, err
	}
	g := groups.Group{
		ID: p.GroupID, Type: kind, Name: p.Name, Owner: p.Owner, Introduction: p.Introduction, Notice: p.Notification, Face: p.FaceURL,
		Fields: v4.ToCustomFields(p.Custom),
	}
	if p.MaxMembers != nil {
		if g.MaxMembers = *p.MaxMembers; g.MaxMembers < 1 {
			return groups.NewGroup{}, v4.Refuse(badParameter, "MaxMemberCount is 1 or more")
		}
	}
	if p.JoinOption != "" {
		if g.Join, err = v4.ParseJoinOption(p.JoinOption); err != nil {
			return groups.NewGroup{}, err
		}
	}
	return groups.NewGroup{Group: g, Prefix: reservedPrefix}, nil
}

// groupID is the response of a command that creates a group.
type groupID struct {
	GroupID string `json:"GroupId"`
}
