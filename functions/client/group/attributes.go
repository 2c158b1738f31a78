package group

import (
	"slices"

	"parley/shared/dialect/client"
	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/groupdata"
	"parley/shared/op"
	"parley/shared/queue"
	"parley/shared/store/schema"
)

// attributeOperations lists the operations of the attributes and the counters of groups.
func attributeOperations() []op.Operation {
	n := v4.Groups()
	common := []op.Option{op.Reads(schema.Groups, schema.Members), op.DocumentedErrors(badParameter, 10007, 10010, 10015)}
	reads := append(slices.Clone(common), op.Reads(schema.GroupAttributes))
	writes := slices.Concat(common, []op.Option{op.Writes(schema.GroupAttributes), op.Delivers(), op.Sends(queue.Broadcast)})
	changes := slices.Concat(reads, writes)
	return []op.Operation{
		client.Action("group.attributes-get", n, attributesGet, append(slices.Clone(reads), op.Fails(groupdata.ReadFaults()))...),
		client.Action("group.attributes-set", n, attributesSet,
			append(slices.Clone(changes), op.Fails(groupdata.SetFaults()), op.DocumentedErrors(10045, 10046, 10047, 10048, 10049))...),
		client.Action("group.attributes-delete", n, attributesDelete,
			append(slices.Clone(changes), op.Fails(groupdata.DeleteFaults()), op.DocumentedErrors(10045, 10049, 10050))...),
		client.Action("group.counters-get", n, countersGet,
			append(slices.Clone(reads), op.Fails(groupdata.CountersFaults()), op.DocumentedErrors(10059))...),
		client.Action("group.counters-set", n, countersSet,
			append(slices.Clone(writes), op.Fails(groupdata.ChangeCountersFaults()), op.DocumentedErrors(10059, 10063))...),
	}
}

// version is the answer of a change of attributes. The device that called gets no event of it.
type version struct {
	Version int64 `json:"Version"` // of the attributes after the call
}
