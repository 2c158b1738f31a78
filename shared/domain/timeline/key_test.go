package timeline_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"parley/shared/domain/timeline"
	"parley/shared/fault"
)

func TestParseKeyReversesStringAndRejectsOtherTexts(t *testing.T) {
	for text, want := range map[string]timeline.Key{
		"0_0_0":                            {},
		"1_2_1700000000":                   {Seq: 1, Random: 2, Time: 1_700_000_000},
		"4294967295_4294967295_4294967295": {Seq: 1<<32 - 1, Random: 1<<32 - 1, Time: 1<<32 - 1},
	} {
		got, err := timeline.ParseKey(text)
		if err != nil || got != want {
			t.Errorf("ParseKey(%q) = %+v, %v, want %+v", text, got, err, want)
		}
		if got := want.String(); got != text {
			t.Errorf("%+v prints as %q, want %q", want, got, text)
		}
	}
	for _, text := range []string{
		"", "_", "__", "1", "1_2", "1_2_3_4", "1_2_3_", "_1_2_3", "1__3", "a_2_3", "1_2_x", "-1_2_3", "+1_2_3", "01_2_3", "1_2_03",
		" 1_2_3", "1_2_3 ", "1_2_3\n", "1.0_2_3", "4294967296_2_3", "1_2_4294967296", "0x1_2_3", "1_2_3é", "1-2-3",
		strings.Repeat("0", 60) + "1_2_3", strings.Repeat("1_", 100),
	} {
		got, err := timeline.ParseKey(text)
		if !fault.Is(err, fault.KeyInvalid) || got != (timeline.Key{}) {
			t.Errorf("ParseKey(%q) = %+v, %v, want %s", text, got, err, fault.KeyInvalid)
		}
		if len(err.Error()) > 200 {
			t.Errorf("ParseKey(%.20q) answers with %d bytes", text, len(err.Error()))
		}
	}
}

func TestKeysAreOrderedByTimeThenSeqThenRandom(t *testing.T) {
	var sorted []timeline.Key
	for _, sec := range []int64{0, 1, 1 << 31, 1<<32 - 1} {
		for _, seq := range []uint32{0, 9, 10, 1<<32 - 1} {
			for _, random := range []uint32{0, 1, 1<<32 - 1} {
				sorted = append(sorted, timeline.Key{Time: sec, Seq: seq, Random: random})
			}
		}
	}
	shuffled := slices.Clone(sorted)
	r := rand.New(rand.NewPCG(1, 1))
	r.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
	slices.SortFunc(shuffled, func(a, b timeline.Key) int {
		if a.Before(b) {
			return -1
		}
		return 1
	})
	if !slices.Equal(shuffled, sorted) {
		t.Errorf("sorted by Before:\ngot  %v\nwant %v", shuffled, sorted)
	}
	for _, k := range sorted {
		if k.Before(k) {
			t.Errorf("%v is before itself", k)
		}
	}
}

func FuzzMessageKey(f *testing.F) {
	f.Add("1_2_1700000000", uint32(1), uint32(2), uint32(3))
	f.Add("01_2_3", uint32(0), uint32(0), uint32(0))
	f.Add("4294967296_1_1", uint32(1<<32-1), uint32(1<<32-1), uint32(1<<32-1))
	f.Fuzz(func(t *testing.T, text string, seq, random, sec uint32) {
		if got, err := timeline.ParseKey(text); err == nil {
			if got.String() != text {
				t.Errorf("ParseKey(%q) prints as %q", text, got)
			}
		} else if !fault.Is(err, fault.KeyInvalid) {
			t.Errorf("ParseKey(%q): %v", text, err)
		}
		k := timeline.Key{Time: int64(sec), Seq: seq, Random: random}
		if got, err := timeline.ParseKey(k.String()); err != nil || got != k {
			t.Errorf("%v is parsed as %v, %v", k, got, err)
		}
	})
}
