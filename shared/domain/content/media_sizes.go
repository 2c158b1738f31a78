package content

import (
	"parley/shared/fault"
	"parley/shared/plainjson"
)

// CheckMediaSizes refuses an element that names a size over the application's limit
// for images and sounds, or for files and videos; 0: no limit. It does not look at the
// files themselves, and not at merged messages.
func (c Content) CheckMediaSizes(maxImageBytes, maxFileBytes int64) error {
	for i, e := range c.Elements {
		limit := maxFileBytes
		var sizes struct {
			Size      int64 `json:"Size"`
			FileSize  int64 `json:"FileSize"`
			VideoSize int64 `json:"VideoSize"`
			Images    []struct {
				Size int64 `json:"Size"`
			} `json:"ImageInfoArray"`
		}
		switch e.Kind {
		case KindImage, KindSound:
			limit = maxImageBytes
		case KindFile, KindVideo:
		default:
			continue
		}
		if plainjson.Unmarshal(e.Content, &sizes) != nil {
			continue // Check returns the error
		}
		largest := max(sizes.Size, sizes.FileSize, sizes.VideoSize)
		for _, image := range sizes.Images {
			largest = max(largest, image.Size)
		}
		if limit > 0 && largest > limit {
			return fault.New(fault.BodyInvalid, "MsgBody[%d]: the application takes at most %d bytes, this is said to have %d", i, limit, largest)
		}
	}
	return nil
}
