package group

import (
	"slices"

	"parley/shared/dialect/tencent"
	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/groupdata"
	"parley/shared/op"
	"parley/shared/queue"
	"parley/shared/store/schema"
)

// attributeOperations lists the commands of attributes and counters (docs/spec/tencent §20).
func attributeOperations() []op.Operation {
	s := service()
	common := []op.Option{op.Reads(schema.Groups), op.DocumentedErrors(badParameter, 10007, 10010, 10015)}
	reads := append(slices.Clone(common), op.Reads(schema.GroupAttributes))
	writes := slices.Concat(common, []op.Option{op.Writes(schema.GroupAttributes), op.Reads(schema.Members), op.Delivers(), op.Sends(queue.Broadcast)})
	attributes := slices.Concat(reads, writes, []op.Option{op.DocumentedErrors(10049)})
	sets := append(slices.Clone(attributes), op.Fails(groupdata.SetFaults()), op.DocumentedErrors(10045, 10046, 10047, 10048))
	counters := append(slices.Clone(writes), op.DocumentedErrors(10059))
	return []op.Operation{
		tencent.Command(tencent.Service{Path: "group_open_attr_http_svc", Group: s.Group, Codes: s.Codes}, "get_group_attr", getGroupAttr,
			append(slices.Clone(reads), op.Fails(groupdata.ReadFaults()))...),
		tencent.Command(s, "set_group_attr", setGroupAttr, sets...),
		tencent.Command(s, "modify_group_attr", modifyGroupAttr, sets...),
		tencent.Command(s, "delete_group_attr", deleteGroupAttr,
			append(slices.Clone(attributes), op.Fails(groupdata.DeleteFaults()), op.DocumentedErrors(10045, 10050))...),
		tencent.Command(s, "clear_group_attr", clearGroupAttr, append(slices.Clone(attributes), op.Fails(groupdata.ClearFaults()))...),
		tencent.Command(s, "get_group_counter", getGroupCounter,
			append(slices.Clone(reads), op.Fails(groupdata.CountersFaults()), op.DocumentedErrors(10059))...),
		tencent.Command(s, "update_group_counter", updateGroupCounter,
			append(slices.Clone(counters), op.Fails(groupdata.ChangeCountersFaults()), op.DocumentedErrors(10063))...),
		tencent.Command(s, "delete_group_counter", deleteGroupCounter,
			append(slices.Clone(counters), op.Reads(schema.GroupAttributes), op.Fails(groupdata.DeleteCountersFaults()))...),
	}
}

// attributes are the new attributes of a request.
type attributes struct {
	target
	Attributes []v4.NewGroupAttribute `json:"GroupAttr" need:"10004"`
}
