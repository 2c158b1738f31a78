package content

import "strings"

// maxPreview is the maximum size of a preview in bytes.
const maxPreview = 120

// tipSummary is the text of a tip for a conversation list. A device knows the tip itself, and
// shows it in the words of its user.
const tipSummary = "[Tip]"

// Preview returns the text for a conversation list: the texts of the elements one
// after the other, without a separator (docs/spec/tencent §3), at most 120 bytes.
func (c Content) Preview() string { return c.Summary(maxPreview) }

// Summary joins the texts of the elements and cuts the result at maxBytes.
func (c Content) Summary(maxBytes int) string {
	if c.Tip != nil {
		return tipSummary
	}
	if len(c.Elements) == 1 {
		return truncate(c.Elements[0].summary(), maxBytes)
	}
	var b strings.Builder
	for _, e := range c.Elements {
		b.WriteString(e.summary())
		if b.Len() > maxBytes {
			break
		}
	}
	return truncate(b.String(), maxBytes)
}

// summary returns the text of an element for a preview or a push.
func (e Element) summary() string {
	switch e.Kind() {
	case KindText:
		return string(*e.Text)
	case KindCustom:
		return e.Custom.Description
	case KindMerged:
		return e.Merged.Title
	case KindLocation:
		return "[Location]"
	case KindFace:
		return "[Face]"
	case KindSound:
		return "[Audio]"
	case KindImage:
		return "[Image]"
	case KindFile:
		return "[File]"
	case KindVideo:
		return "[Video]"
	}
	return ""
}

// PushFields returns the fields of the custom element that go into a push; "" if there is
// none.
func (c Content) PushFields() (extension, sound string) {
	for _, e := range c.Elements {
		if e.Custom != nil {
			extension, sound = e.Custom.Extension, e.Custom.Sound
		}
	}
	return extension, sound
}

// truncate shortens a text to at most maxBytes. It never cuts a UTF-8 character.
func truncate(text string, maxBytes int) string {
	if len(text) <= maxBytes {
		return text
	}
	for maxBytes > 0 && text[maxBytes]&0xC0 == 0x80 {
		maxBytes--
	}
	return text[:maxBytes]
}

// Words returns the texts of a message that a search looks at, one per line: what
// users wrote or see, not data for programs.
func (c Content) Words() string {
	var b strings.Builder
	add := func(text string) {
		b.WriteString(text)
		b.WriteByte('\n')
	}
	for _, e := range c.Elements {
		switch e.Kind() {
		case KindText:
			add(string(*e.Text))
		case KindLocation:
			add(e.Location.Description)
		case KindCustom:
			add(e.Custom.Description)
		case KindFile:
			add(e.File.Name)
		case KindMerged:
			add(e.Merged.Title)
			for _, line := range e.Merged.Abstract {
				add(line)
			}
		case KindFace, KindSound, KindImage, KindVideo: // they have no text
		}
	}
	return b.String()
}
