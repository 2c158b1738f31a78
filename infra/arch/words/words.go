// Package words lists the words of vendors, which only dialects and functions use.
package words

import (
	"regexp"
	"strings"
	"sync"
)

// vendors lists patterns of words of the vendors' protocols (docs/spec). A pattern
// matches whole words: "ErrorCode" does not match "ErrorCodes".
func vendors() []string {
	return []string{
		`TIM`, `TIM[A-Z][A-Za-z]*Elem`, // docs/spec/tencent §3
		`(To|From|Peer|Operator|Fail|Set|Get|Invalid)_Account`, `C2C\w*`, `To?GroupI[dD]`, `GroupI[dD]`,
		`(Json|Last)?Msg(Key|KeyList|Body|Type|Content|List|Seq|Random|Time|TimeStamp|Timestamp|LifeTime|Num|Id)`,
		`CloudCustomData`, `OfflinePushInfo`, `OnlineOnlyFlag`, `IsNeedReadReceipt`, `SupportMessageExtension`, `SyncOtherMachine`,
		`SyncFromOldSystem`, `SendMsgControl`, `ForbidCallbackControl`, `NoLastMsg`, `NoUnread`, `WithMuteNotifications`,
		`ImageInfoArray`, `ImageFormat`, `\w*DownloadFlag`, `AbstractList`, `CompatibleText`,
		`ErrorCode`, `ErrorInfo`, `ErrorDisplay`, `ActionStatus`, `ResultCode`, `ResultInfo`, `ResultItem`, // docs/spec/tencent §1.2, §1.3
		`Tag_\w+`, `SnsItem`, `AddSource`, `AddSource_Type_\w*`, `AddWording`, `Add_Type_\w+`, `Delete_Type_\w+`, `FaceUrl`, `AllowType\w*`, // docs/spec/tencent §7, §8
		`ExtensionList`, `OperateType`, `ChatType`, `StartIndex`, `CompleteFlag`,
		`(Apply|Invite)JoinOption`, `MsgFlag`, `MsgDropReason`, `MsgPriority`, `GroupAtInfo`, `GroupAt(_Account|AllFlag)`, `IsSystemMsg`, // docs/spec/tencent §16, §18
		`(Member|Owner)_Account`, `ToMembers_Account`, `App(Member)?DefinedData`, `HistoryMsgBeforeJoin`, `MuteAllMember`, // docs/spec/tencent §16, §17
		`ShutUp\w*`, `(Max)?MemberNum`, `AVChatRoom`, `ChatRoom`, `ReportType`, `RemarkInfo`, `UserDefinedField`, // docs/spec/tencent §16, §17, §19
		`[Ss]dk[Aa]pp[Ii][Dd]`, `User[Ss]igs?`, `usersigs?`, `UserIDs?`, `Tencent`, `tencent`, `v4`, // docs/spec/tencent §1, §2
		`UTC\+8`, // the time zone of the vendor's servers
	}
}

// Vendors returns the words of vendors that a text has. Citations of documents do not
// count: "docs/spec/tencent §6.1" has no word.
func Vendors(text string) (found []string) {
	text = citation().ReplaceAllString(text, "")
	for word := range strings.FieldsFuncSeq(text, func(r rune) bool {
		return r != '_' && r != '+' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
	}) {
		if pattern().MatchString(word) {
			found = append(found, word)
		}
	}
	return found
}

var (
	citation = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`docs/[\w/.-]+`) })
	pattern  = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^(?:` + strings.Join(vendors(), "|") + `)$`)
	})
)
