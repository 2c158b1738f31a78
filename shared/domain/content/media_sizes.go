package content

import "parley/shared/fault"

// CheckMediaSizes refuses an element that names a size over the application's limit
// for images and sounds, or for files and videos; 0: no limit. It does not look at the
// files themselves, and not at merged messages.
func (c Content) CheckMediaSizes(maxImageBytes, maxFileBytes int64) error {
	for i, e := range c.Elements {
		limit, largest := maxFileBytes, int64(0)
		switch e.Kind() {
		case KindImage:
			limit = maxImageBytes
			for _, f := range e.Image.Files {
				largest = max(largest, f.Bytes)
			}
		case KindSound:
			limit, largest = maxImageBytes, e.Sound.Bytes
		case KindFile:
			largest = e.File.Bytes
		case KindVideo:
			largest = e.Video.Bytes
		case KindText, KindLocation, KindFace, KindCustom, KindMerged: // they are no files
		}
		if limit > 0 && largest > limit {
			return fault.AtItem(fault.BodyInvalid, fault.Elements, i, "the application takes at most %d bytes, this is said to have %d", limit, largest)
		}
	}
	return nil
}
