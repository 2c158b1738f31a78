package content

import "parley/shared/fault"

// FileLimits are the most bytes that an element may name: Image for images and sounds, File
// for files and videos; 0: no limit.
type FileLimits struct{ Image, File int64 }

// CheckMediaSizes refuses an element that names a size over the application's limit. It does
// not look at the files themselves, and not at merged messages.
func (c Content) CheckMediaSizes(most FileLimits) error {
	for i, e := range c.Elements {
		limit, largest := most.File, int64(0)
		switch e.Kind() {
		case KindImage:
			limit = most.Image
			for _, f := range e.Image.Files {
				largest = max(largest, f.Bytes)
			}
		case KindSound:
			limit, largest = most.Image, e.Sound.Bytes
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
