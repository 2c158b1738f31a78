package v4

import (
	"cmp"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"parley/shared/domain/content"
	"parley/shared/plainjson"
)

// pushNumber is the error number for a malformed OfflinePushInfo (docs/spec/tencent §3).
const pushNumber = 90043

type pushInfo struct {
	PushFlag *int            `json:"PushFlag"`
	Title    string          `json:"Title"`
	Desc     string          `json:"Desc"`
	Ext      string          `json:"Ext"`
	Android  json.RawMessage `json:"AndroidInfo"`
	Apns     json.RawMessage `json:"ApnsInfo"`
}

type androidInfo struct {
	Sound           *string `json:"Sound"`
	HuaWei          *string `json:"HuaWeiChannelID"`
	XiaoMi          *string `json:"XiaoMiChannelID"`
	OPPO            *string `json:"OPPOChannelID"`
	Google          *string `json:"GoogleChannelID"`
	VIVO            *int    `json:"VIVOClassification"`
	VIVOCategory    *string `json:"VIVOCategory"`
	HuaWeiPriority  *string `json:"HuaWeiImportance"`
	HuaWeiCategory  *string `json:"HuaWeiCategory"`
	HuaWeiIntent    *int    `json:"ExtAsHuaweiIntentParam"`
	HuaWeiImage     *string `json:"HuaWeiImage"`
	HonorImage      *string `json:"HonorImage"`
	HonorImportance *string `json:"HonorImportance"`
	GoogleImage     *string `json:"GoogleImage"`
	Style           *int    `json:"PushStyle"`
}

type apnsInfo struct {
	Sound        *string `json:"Sound"`
	Badge        *int    `json:"BadgeMode"`
	Title        *string `json:"Title"`
	SubTitle     *string `json:"SubTitle"`
	Image        *string `json:"Image"`
	Mutable      *int    `json:"MutableContent"`
	Interruption *string `json:"InterruptionLevel"`
	Available    *int    `json:"ContentAvailable"`
}

// ParseOfflinePushInfo reads an OfflinePushInfo; nil if there is none. It refuses a field with a wrong type
// or an undocumented value. Unknown fields are in the Original of the result.
func ParseOfflinePushInfo(raw json.RawMessage) (*content.Push, error) {
	if isNull(raw) {
		return nil, nil
	}
	var p pushInfo
	if err := readPush("OfflinePushInfo", raw, &p); err != nil {
		return nil, err
	}
	info := &content.Push{Title: p.Title, Text: p.Desc, Ext: p.Ext, Bytes: len(raw) + len(`,"OfflinePushInfo":`)}
	if err := oneOf("PushFlag", p.PushFlag, 0, 1); err != nil {
		return nil, err
	}
	info.Disabled = p.PushFlag != nil && *p.PushFlag == 1
	var err error
	if !isNull(p.Android) {
		if info.Android, err = readAndroid(p.Android); err != nil {
			return nil, err
		}
	}
	if !isNull(p.Apns) {
		if info.Apple, info.NoBadge, err = readApns(p.Apns); err != nil {
			return nil, err
		}
	}
	return info, nil
}

func isNull(raw json.RawMessage) bool { return len(raw) == 0 || string(raw) == "null" }

// readAndroid reads an AndroidInfo.
func readAndroid(raw json.RawMessage) (*content.AndroidPush, error) {
	var a androidInfo
	if err := readPush("AndroidInfo", raw, &a); err != nil {
		return nil, err
	}
	err := cmp.Or(
		oneOf("VIVOClassification", a.VIVO, 0, 1), oneOf("ExtAsHuaweiIntentParam", a.HuaWeiIntent, 0, 1),
		oneOf("HuaWeiImportance", a.HuaWeiPriority, "LOW", "NORMAL"), oneOf("HonorImportance", a.HonorImportance, "LOW", "NORMAL"),
	)
	if err != nil {
		return nil, err
	}
	out := &content.AndroidPush{
		Sound:      value(a.Sound),
		Channels:   named("huawei", a.HuaWei, "xiaomi", a.XiaoMi, "oppo", a.OPPO, "google", a.Google),
		Categories: named("vivo", a.VIVOCategory, "huawei", a.HuaWeiCategory),
		Images:     named("huawei", a.HuaWeiImage, "honor", a.HonorImage, "google", a.GoogleImage),
		Importance: named("huawei", importance(a.HuaWeiPriority), "honor", importance(a.HonorImportance), "vivo", importanceOfVIVO(a.VIVO)),
	}
	if out.Original, err = pushOriginal(raw, androidMembers(out)); err != nil {
		return nil, err
	}
	return out, nil
}

// androidMembers returns the members of an AndroidInfo (docs/spec/tencent §3).
func androidMembers(a *content.AndroidPush) []member {
	members := []member{
		textMember("Sound", a.Sound), textMember("HuaWeiChannelID", a.Channels["huawei"]), textMember("XiaoMiChannelID", a.Channels["xiaomi"]),
		textMember("OPPOChannelID", a.Channels["oppo"]), textMember("GoogleChannelID", a.Channels["google"]),
	}
	switch a.Importance["vivo"] {
	case content.ImportanceLow:
		members = append(members, always(wholeMember("VIVOClassification", 0)))
	case content.ImportanceNormal:
		members = append(members, wholeMember("VIVOClassification", 1))
	}
	return append(members,
		textMember("HuaWeiImportance", strings.ToUpper(a.Importance["huawei"])), textMember("HuaWeiCategory", a.Categories["huawei"]),
		textMember("VIVOCategory", a.Categories["vivo"]), textMember("HuaWeiImage", a.Images["huawei"]), textMember("HonorImage", a.Images["honor"]),
		textMember("HonorImportance", strings.ToUpper(a.Importance["honor"])), textMember("GoogleImage", a.Images["google"]),
	)
}

// value returns the text of a field; empty if it is absent.
func value(text *string) string {
	if text == nil {
		return ""
	}
	return *text
}

// named returns a map of the texts that are not empty. pairs are names, and texts or nil.
func named(pairs ...any) map[string]string {
	var out map[string]string
	for i := 0; i < len(pairs); i += 2 {
		if text, _ := pairs[i+1].(*string); value(text) != "" {
			if out == nil {
				out = make(map[string]string)
			}
			out[pairs[i].(string)] = *text
		}
	}
	return out
}

func importance(text *string) *string {
	lower := strings.ToLower(value(text))
	return &lower
}

// importanceOfVIVO reads a VIVOClassification: 0 is an operation message, 1 a system
// message.
func importanceOfVIVO(class *int) *string {
	if class == nil {
		return nil
	}
	text := []string{content.ImportanceLow, content.ImportanceNormal}[*class]
	return &text
}

// readApns reads an ApnsInfo. noBadge: the badge does not count the message.
func readApns(raw json.RawMessage) (apple *content.ApplePush, noBadge bool, err error) {
	var a apnsInfo
	if err := readPush("ApnsInfo", raw, &a); err != nil {
		return nil, false, err
	}
	err = cmp.Or(
		oneOf("BadgeMode", a.Badge, 0, 1), oneOf("MutableContent", a.Mutable, 0, 1), oneOf("ContentAvailable", a.Available, 0, 1),
		oneOf("InterruptionLevel", a.Interruption, "active", "critical", "passive", "time-sensitive"),
	)
	if err != nil {
		return nil, false, err
	}
	noBadge = isOne(a.Badge)
	apple = &content.ApplePush{
		Title: value(a.Title), Subtitle: value(a.SubTitle), Sound: value(a.Sound), Image: value(a.Image),
		Mutable: isOne(a.Mutable), Available: isOne(a.Available), Interruption: value(a.Interruption),
	}
	apple.Original, err = pushOriginal(raw, appleMembers(apple, noBadge))
	return apple, noBadge, err
}

// appleMembers returns the members of an ApnsInfo (docs/spec/tencent §3).
func appleMembers(a *content.ApplePush, noBadge bool) []member {
	return []member{
		textMember("Sound", a.Sound), wholeMember("BadgeMode", int64(flag(noBadge))), textMember("Title", a.Title), textMember("SubTitle", a.Subtitle),
		textMember("Image", a.Image), wholeMember("MutableContent", int64(flag(a.Mutable))), textMember("InterruptionLevel", a.Interruption),
		wholeMember("ContentAvailable", int64(flag(a.Available))),
	}
}

func isOne(n *int) bool { return n != nil && *n == 1 }

// pushOriginal is originalOf for a part of OfflinePushInfo.
func pushOriginal(raw json.RawMessage, members []member) (*content.Original, error) {
	raw, err := compact(raw)
	if err != nil {
		return nil, Refuse(pushNumber, "OfflinePushInfo is not an object")
	}
	return originalOf(raw, members), nil
}

// readPush reads an object of OfflinePushInfo.
func readPush(name string, raw json.RawMessage, into any) error {
	var wrong *plainjson.TypeError
	err := plainjson.Unmarshal(raw, into)
	switch {
	case err == nil:
		return nil
	case errors.As(err, &wrong) && len(wrong.Path) > 0:
		return Refuse(pushNumber, "OfflinePushInfo: %s has to be %s, it is a JSON %s", strings.Join(wrong.Path, "."), describeType(wrong.Type), wrong.Value)
	}
	return Refuse(pushNumber, "%s is not an object", name)
}

// oneOf refuses a value that is neither zero nor one of the allowed values.
func oneOf[T comparable](name string, v *T, allowed ...T) error {
	if v == nil || *v == *new(T) || slices.Contains(allowed, *v) {
		return nil
	}
	return Refuse(pushNumber, "OfflinePushInfo: %s is %v", name, *v)
}
