package schema

import "strings"

// GroupRequests is who asks to join a group, and who is invited to one.
const GroupRequests Aggregate = "group-requests"

func groupRequests() Descriptor {
	return Descriptor{
		Aggregate: GroupRequests, Table: Core,
		Reads: []string{get, getMany, query}, Writes: []string{put, update, writeMany},
		Kinds: []Kind{
			{In: groupRequestsForm(), SK: GroupRequestPrefix + "{user}", Prefix: GroupRequestPrefix, parse: accepts(ParseGroupRequestSK)},
			{In: pendingRequestsForm(), SK: "{group}~{user}", parse: accepts(ParsePendingRequestSK)},
		},
	}
}

// GroupRequestPrefix begins the sort keys of the requests to join a group.
const GroupRequestPrefix = "J#"

// Attributes of a request or an invitation, `J#{user}`; it also expires
const (
	GroupRequestKind   Attribute = "k" // number: 1 the user asks to join, 2 an admin decides on an invitation, 3 the invited user decides
	GroupRequestBy     Attribute = "u" // text: who invited the user
	GroupRequestText   Attribute = "b" // text: what the user who asks or invites says
	GroupRequestTime   Attribute = "t" // number, ms: when it was made
	GroupRequestAnswer Attribute = "a" // number: 1 accepted, 2 refused; absent: pending
	GroupRequestDecide Attribute = "d" // text: who answered
)

func groupRequestsForm() Form { return Form{Kind: "GJ", ID: "group"} }

func pendingRequestsForm() Form { return Form{Kind: "GQ", ID: "user"} }

// GroupRequestsPK is the partition of the requests to join a group.
func GroupRequestsPK(app int64, group string) string { return groupRequestsForm().pk(app, group) }

// GroupRequestKey is the request of a user to join a group, or the invitation of the user to it.
func GroupRequestKey(app int64, group, user string) Key {
	return Key{PK: GroupRequestsPK(app, group), SK: GroupRequestPrefix + user}
}

// ParseGroupRequestSK returns the user of a request.
func ParseGroupRequestSK(sk string) (user string, ok bool) { return cutID(sk, GroupRequestPrefix) }

// PendingRequestsPK is the partition of the requests that a user may answer.
func PendingRequestsPK(app int64, user string) string { return pendingRequestsForm().pk(app, user) }

// PendingRequestKey says that a user may answer the request of another user to join a group, or
// the own invitation to it. It also expires.
func PendingRequestKey(app int64, by, group, user string) Key {
	return Key{PK: PendingRequestsPK(app, by), SK: group + IDEnd + user}
}

// ParsePendingRequestSK returns the group and the user of a request.
func ParsePendingRequestSK(sk string) (r PendingRequest, ok bool) {
	group, user, _ := strings.Cut(sk, IDEnd)
	return PendingRequest{group, user}, IsID(group) && IsID(user)
}

// A PendingRequest names a request to join a group, or an invitation to it.
type PendingRequest struct{ Group, User string }
