package messages

import (
	"parley/shared/fault"
	"parley/shared/plainjson"
)

// checkSizes refuses elements that say of a picture or a file that it is larger
// than the application takes. The files themselves are not looked at; what is
// imported and what is inside of merged messages is as it was.
func (s Service) checkSizes(c Content) error {
	for i, e := range c.Elements {
		limit := s.Files
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
			limit = s.Pictures
		case KindFile, KindVideo:
		default:
			continue
		}
		if plainjson.Unmarshal(e.Content, &sizes) != nil {
			continue // Check says what is wrong
		}
		most := max(sizes.Size, sizes.FileSize, sizes.VideoSize)
		for _, image := range sizes.Images {
			most = max(most, image.Size)
		}
		if limit > 0 && most > limit {
			return fault.New(fault.BodyInvalid, "MsgBody[%d]: the application takes at most %d bytes, this is said to have %d", i, limit, most)
		}
	}
	return nil
}
