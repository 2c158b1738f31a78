package v4

import (
	"encoding/json"
	"testing"
)

// TestPushComesBackAsItWas shows that an OfflinePushInfo can be written again exactly as it
// was, from what the domain has of it and what is beside that.
func TestPushComesBackAsItWas(t *testing.T) {
	for _, raw := range []string{
		`{}`, `{"Sound":"s"}`,
		`{"Sound":"s","HuaWeiChannelID":"h","XiaoMiChannelID":"x","OPPOChannelID":"o","GoogleChannelID":"g","VIVOClassification":0,` +
			`"HuaWeiImportance":"LOW","HuaWeiCategory":"c","ExtAsHuaweiIntentParam":1}`,
		`{"HonorImportance":"NORMAL","VIVOClassification":1,"PushStyle":0,"own":{"a":null},"HonorImage":"i","VIVOCategory":"IM","GoogleImage":"","HuaWeiImage":null}`,
	} {
		a, err := readAndroid(json.RawMessage(raw))
		if err != nil {
			t.Fatal(err)
		}
		if got := string(write(androidMembers(a), a.Original)); got != raw {
			t.Errorf("AndroidInfo is %s, want %s", got, raw)
		}
	}
	for _, raw := range []string{
		`{}`, `{"BadgeMode":1,"MutableContent":0}`,
		`{"Sound":"s","BadgeMode":1,"Title":"t","SubTitle":"u","Image":"i","MutableContent":1,"InterruptionLevel":"passive","ContentAvailable":1,"own":2}`,
	} {
		a, noBadge, err := readApns(json.RawMessage(raw))
		if err != nil {
			t.Fatal(err)
		}
		if got := string(write(appleMembers(a, noBadge), a.Original)); got != raw {
			t.Errorf("ApnsInfo is %s, want %s", got, raw)
		}
	}
}
