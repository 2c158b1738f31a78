package messages

import (
	"parley/shared/fault"
	"parley/shared/plainjson"
)

// checkMediaSizes refuses an element that names a size over the application's limit
// for images and sounds, or for files and videos. It does not look at the files
// themselves. Imported messages and merged messages are not checked.
func (s Service) checkMediaSizes(c Content) error {
	for i, e := range c.Elements {
		limit := s.MaxFileBytes
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
			limit = s.MaxImageBytes
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
