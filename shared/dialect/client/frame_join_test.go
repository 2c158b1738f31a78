package client

import (
	"bytes"
	"encoding/json"
	"testing"
)

// TestJoin joins frames up to 24 KB, in their order, and leaves one that is alone as it is.
func TestJoin(t *testing.T) {
	frame := func(size int) []byte {
		return []byte(`"` + string(bytes.Repeat([]byte("x"), size-2)) + `"`)
	}
	const around = len(`{"events":[`) + len(`]}`)
	for _, c := range []struct {
		name  string
		sizes []int
		want  []int // how many events each frame has
	}{
		{"no frame", nil, nil},
		{"one frame", []int{100}, []int{1}},
		{"three frames", []int{100, 200, 300}, []int{3}},
		{"24 KB", []int{12 << 10, maxJoined - 12<<10 - around - 1}, []int{2}},
		{"24 KB and a byte", []int{12 << 10, maxJoined - 12<<10 - around}, []int{1, 1}},
		{"a frame over 24 KB between others", []int{10, 30 << 10, 20, 30}, []int{1, 1, 2}},
	} {
		var frames [][]byte
		for _, size := range c.sizes {
			frames = append(frames, frame(size))
		}
		joined := Frames{}.Join(frames)
		next := 0
		if len(joined) != len(c.want) {
			t.Errorf("%s: got %d frames, want %d", c.name, len(joined), len(c.want))
			continue
		}
		for i, got := range joined {
			events := []json.RawMessage{got}
			if c.want[i] > 1 {
				var several struct {
					Events []json.RawMessage `json:"events"`
				}
				if err := json.Unmarshal(got, &several); err != nil || len(got) > maxJoined {
					t.Errorf("%s: frame %d of %d bytes: %v", c.name, i, len(got), err)
				}
				events = several.Events
			}
			if len(events) != c.want[i] {
				t.Errorf("%s: frame %d has %d events, want %d", c.name, i, len(events), c.want[i])
			}
			for _, e := range events {
				if !bytes.Equal(e, frames[next]) {
					t.Errorf("%s: event %d is not the frame at that place", c.name, next)
				}
				next++
			}
		}
	}
}
