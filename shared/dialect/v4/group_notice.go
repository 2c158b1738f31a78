package v4

import "parley/shared/domain/groups"

// NoticeType returns the number that clients know a kind of notices by (docs/spec/tencent §19.2).
func NoticeType(kind groups.NoticeKind) int {
	switch kind {
	case groups.NoticeRequest:
		return 1
	case groups.NoticeAccepted:
		return 2
	case groups.NoticeRefused:
		return 3
	case groups.NoticeRemoved:
		return 4
	case groups.NoticeDestroyed:
		return 5
	case groups.NoticeCreated:
		return 6
	case groups.NoticeAdded:
		return 7
	case groups.NoticeLeft:
		return 8
	case groups.NoticeAdmin:
		return 9
	case groups.NoticeNoAdmin:
		return 10
	case groups.NoticeReclaimed:
		return 11
	case groups.NoticeInvited:
		return 12
	case groups.NoticeInviteAccepted:
		return 13
	case groups.NoticeInviteRefused:
		return 14
	case groups.NoticeMuted:
		return 17
	case groups.NoticeInviteToConfirm:
		return 24
	case groups.NoticeRequestHandled:
		return 25
	case groups.NoticeOfApplication:
		return 255
	}
	return 0
}

// tipType returns the number that clients know a kind of tips by (docs/spec/tencent §19.1).
func tipType(kind groups.TipKind) int {
	switch kind {
	case groups.TipJoined:
		return 1
	case groups.TipLeft:
		return 2
	case groups.TipRemoved:
		return 3
	case groups.TipAdminsAdded:
		return 4
	case groups.TipAdminsRemoved:
		return 5
	case groups.TipProfileChanged:
		return 6
	case groups.TipMemberChanged:
		return 7
	}
	return 0
}
