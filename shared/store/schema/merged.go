package schema

import (
	"fmt"
	"strconv"
	"strings"
)

// Merged is the merged lists of messages.
const Merged Aggregate = "merged"

func merged() Descriptor {
	return Descriptor{
		Aggregate: Merged, Table: Msg,
		Reads: []string{get, getMany}, Writes: []string{put},
		Kinds: []Kind{
			{In: mergedForm(), SK: skMergedHead, Prefix: skMergedHead},
			{In: mergedForm(), SK: "p{part:3 digits}", Prefix: "p", parse: accepts(ParseMergedSK)},
		},
	}
}

const skMergedHead = "-"

// Attributes of the head of a merged list, `-`; it also expires
const (
	MergedOwner    Attribute = "u" // text: user who imported the list
	MergedCount    Attribute = "c" // number: messages
	MergedParts    Attribute = "p" // number: parts
	MergedImported Attribute = "t" // number, s: when the list was imported
)

// Attributes of a part of a merged list, `p{part}`; it also expires
const (
	MergedContent    Attribute = "b" // text or bytes: messages as JSON, as the content of a message
	MergedDictionary Attribute = "z" // number: dictionary of the compressed content, 2
)

func mergedForm() Form { return Form{Kind: "M", ID: "key"} }

// MergedKey is the head of a merged list.
func MergedKey(app int64, key string) Key {
	return Key{PK: mergedForm().pk(app, key), SK: skMergedHead}
}

// MergedPartKey is one part of a merged list.
func MergedPartKey(app int64, key string, part int) Key {
	return Key{PK: mergedForm().pk(app, key), SK: fmt.Sprintf("p%03d", part)}
}

// ParseMergedSK returns the number of a part, -1 for the head.
func ParseMergedSK(sk string) (part int, ok bool) {
	if sk == skMergedHead {
		return -1, true
	}
	digits, ok := strings.CutPrefix(sk, "p")
	part, err := strconv.Atoi(digits)
	return part, ok && err == nil && part >= 0 && MergedPartKey(0, "", part).SK == sk
}
