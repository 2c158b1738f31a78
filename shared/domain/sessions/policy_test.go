package sessions_test

import (
	"strings"
	"testing"

	"parley/shared/domain/sessions"
	"parley/shared/fault"
)

// TestPoliciesAndPlatforms shows the place of every platform under every policy
// (docs/spec/tencent §5), and which
// names of platforms are accepted.
func TestPoliciesAndPlatforms(t *testing.T) {
	platforms := []string{"Android", "iPhone", "iPad", "Windows", "Mac", "Linux", "Web", "MiniProgram"}
	for policy, want := range map[sessions.Policy]string{
		sessions.Single: "x x x x x x x x",
		sessions.Dual:   "x x x x x x w w",
		sessions.Triple: "m m m d d d w w",
		sessions.Multi:  "Android iPhone iPad Windows Mac Linux Web Web",
		"":              "x x x x x x w w", // like Dual, the default
	} {
		var got []string
		for _, name := range platforms {
			p, err := sessions.ParsePlatform(name)
			if err != nil {
				t.Fatalf("ParsePlatform(%q): %v", name, err)
			}
			got = append(got, policy.SlotGroup(p))
		}
		if got := strings.Join(got, " "); got != want {
			t.Errorf("policy %q: places %s, want %s", policy, got, want)
		}
	}
	for _, name := range []string{"", "android", "IPHONE", "iOS", "Web ", "w"} {
		if p, err := sessions.ParsePlatform(name); !fault.Is(err, fault.PlatformRefused) || p != "" {
			t.Errorf("ParsePlatform(%q) = %q, %v, want %s", name, p, err, fault.PlatformRefused)
		}
	}
}
